//! The storage contract: plain functions over `&dyn Store`, run against every backend; then what only a file can get wrong.

#![expect(
    clippy::indexing_slicing,
    reason = "an index that is wrong fails the test, as it should"
)]

mod access_tokens;
mod attempts;
mod child;
mod codes;
mod commits;
mod database;
mod faults;
mod files;
mod fixture;
mod flows;
mod identities;
mod lists;
mod messages;
mod purge;
mod records;
mod round_trip;
mod session_writes;
mod sessions;
mod sharing;

macro_rules! contract {
    ($($module:ident: $($name:ident),+ $(,)?;)+) => {
        mod sqlite_memory {
            $($(
                #[tokio::test]
                async fn $name() {
                    let store = super::records::in_memory();
                    super::$module::$name(&*store).await;
                    store.close().await;
                }
            )+)+
        }

        mod sqlite_file {
            $($(
                #[tokio::test]
                async fn $name() {
                    let folder = super::records::folder();
                    let store = super::records::in_file(&folder);
                    super::$module::$name(&*store).await;
                    store.close().await;
                }
            )+)+
        }
    };
}

contract! {
    access_tokens:
        an_access_token_is_found_with_its_owner_and_goes_with_them,
        a_token_that_is_taken_back_is_told_to_caches,
        there_are_only_so_many_working_tokens,
        the_latest_use_is_noted_and_touches_nothing,
        tokens_that_ended_go_after_a_month;
    attempts:
        of_two_counts_the_higher_stays_until_it_is_forgotten,
        failures_of_a_second_factor_belong_to_an_identity,
        a_device_is_known_to_its_identity_only,
        of_many_devices_those_that_end_first_go,
        of_a_clients_flows_the_newest_stay;
    identities:
        an_identity_is_found_by_id_identifier_and_external_id,
        an_exact_identifier_wins_over_a_normalised_one,
        an_identifier_belongs_to_its_kind_of_credential,
        a_taken_identifier_is_a_conflict,
        a_taken_verifiable_address_is_a_conflict,
        a_taken_recovery_address_is_a_conflict,
        a_taken_external_id_is_a_conflict,
        an_update_conflicts_like_an_insert,
        an_update_replaces_credentials_and_addresses,
        an_update_may_keep_what_it_has,
        an_update_of_an_older_version_is_a_conflict,
        an_update_of_a_deleted_identity_is_a_conflict,
        a_deleted_identity_takes_everything_with_it,
        deleting_what_is_gone_is_a_conflict,
        a_credential_is_swapped_only_while_it_is_expected,
        a_swapped_credential_counts_as_a_change_of_the_identity;
    sessions:
        a_session_is_found_by_token_with_its_identity,
        an_ended_session_is_still_found,
        a_session_of_nobody_is_a_conflict,
        the_oldest_session_ends_when_there_are_too_many,
        sessions_that_ended_leave_room_for_new_ones;
    session_writes:
        a_renewal_stores_factors_times_and_device,
        a_renewal_with_a_new_token_ends_the_old_token,
        the_token_that_a_second_factor_replaced_answers_as_before,
        a_cookie_that_was_sent_again_is_noted,
        a_renewal_does_not_bring_an_ended_session_back,
        revoking_ends_a_session_once,
        revoking_an_unknown_session_is_a_conflict,
        revoking_all_spares_the_exception,
        an_expired_session_is_ended_but_not_counted,
        deleting_sessions_removes_their_rows,
        extending_sets_the_end,
        extending_an_unknown_session_is_a_conflict;
    commits:
        a_commit_is_applied_as_a_whole_or_not_at_all,
        a_later_change_of_a_commit_sees_the_earlier_ones,
        a_conflict_does_not_fail_its_neighbours,
        one_of_many_rivals_gets_the_identifier,
        everything_touched_is_told_once,
        a_closed_store_refuses;
    lists:
        identities_come_in_pages_by_id,
        identities_are_listed_by_ids,
        identities_are_listed_by_identifier,
        identities_are_listed_by_the_start_of_an_identifier,
        a_listed_identity_has_its_credentials,
        sessions_come_in_pages_newest_first,
        sessions_are_filtered_by_owner_state_and_exception;
    codes:
        a_code_is_found_by_its_flow_and_goes_with_it,
        earlier_codes_are_dropped,
        one_of_many_rivals_spends_a_code,
        tries_are_counted_up_to_the_limit_and_writing_the_flow_forgets_none,
        an_address_is_found_whatever_its_channel,
        a_proof_is_noted_and_stays,
        a_proof_of_an_address_that_is_gone_is_a_conflict;
    flows:
        a_flow_is_put_found_replaced_and_deleted,
        a_flow_of_a_deleted_identity_is_gone,
        the_oldest_flow_of_a_browser_makes_room,
        an_error_is_found_by_its_id;
    messages:
        a_message_is_found_as_it_was_put,
        messages_come_in_pages_newest_first,
        messages_are_filtered_by_status_and_recipient,
        only_what_is_due_can_be_taken_and_only_once,
        a_worker_that_died_loses_its_message,
        what_an_attempt_came_to_is_kept,
        what_a_message_said_is_forgotten,
        a_message_of_no_use_is_given_up,
        the_outbox_tells_what_waits,
        messages_that_are_done_with_go_after_a_month;
    purge:
        what_expired_goes_in_batches,
        what_has_not_expired_stays;
    round_trip:
        any_identity_is_found_as_it_was_put,
        any_session_is_found_as_it_was_put,
        any_flow_is_found_as_it_was_put;
}
