//! Messages about codes and links, recovery and verification (methods 10.4, 10.5, 10.7).

use serde_json::json;

use super::{Message, MessageType, error, generic, message};

plain! {
    /// Container: a recovery link is on its way.
    recovery_link_sent RECOVERY_LINK_SENT Info "If there is an account with this address, a link is on its way to it. Please check your mail.";
    /// Container: a recovery code is on its way.
    recovery_code_sent RECOVERY_CODE_SENT Info "If there is an account with this address, a code is on its way to it. Please check your mail and enter it here.";
    /// Container: another address was chosen, and has to be typed.
    enter_full_address ENTER_FULL_ADDRESS Info "Please enter the whole address, so that we know it is yours.";
    /// Container: one of several addresses is chosen.
    choose_address CHOOSE_ADDRESS Info "Please choose where the code should go.";
    /// Label: back to the step before.
    recovery_back RECOVERY_BACK Info "Back";
    /// Label of an email address.
    email EMAIL Info "Email";
    /// Label: send a new code.
    resend RESEND Info "Send a new code";
    /// Label: go on.
    go_on GO_ON Info "Continue";
    /// Label of a recovery code.
    recovery_code RECOVERY_CODE Info "Code";
    /// Label of a verification code.
    verification_code VERIFICATION_CODE Info "Code";
    /// Label of any address of an account.
    recovery_address RECOVERY_ADDRESS Info "Email or phone number";
    /// Label of a phone number.
    phone PHONE Info "Phone number";
    /// Label of an address to prove, where text messages can be sent.
    email_or_phone EMAIL_OR_PHONE Info "Email or phone number";
    /// Container: a verification link is on its way.
    verification_link_sent VERIFICATION_LINK_SENT Info "A link is on its way to this address. Please check your mail.";
    /// Container: an email address is proven.
    email_verified EMAIL_VERIFIED Success "Thank you, your email address is confirmed.";
    /// Container: a verification code is on its way by mail.
    verification_code_mailed VERIFICATION_CODE_MAILED Info "A code is on its way to this address. Please check your mail and enter it here.";
    /// Container: a verification code is on its way by text message.
    verification_code_texted VERIFICATION_CODE_TEXTED Info "A code is on its way to this number. Please enter it here.";
    /// Container: a phone number is proven.
    phone_verified PHONE_VERIFIED Success "Thank you, your phone number is confirmed.";
    /// Container: only proven addresses sign in (the old form of that answer).
    not_verified NOT_VERIFIED Error "Please confirm your email address or phone number before you sign in.";
    /// Container: several addresses were changed at once.
    one_address_at_a_time ONE_ADDRESS_AT_A_TIME Error "Please change one address at a time.";
    /// Container: the account is recovered already.
    recovery_done RECOVERY_DONE Error "This was used already. Please begin again if you still cannot get in.";
    /// Container: the form was sent at the wrong moment.
    recovery_out_of_step RECOVERY_OUT_OF_STEP Error "Something got out of step. Please begin again.";
    /// Container: a recovery link is wrong or was used.
    recovery_link_invalid RECOVERY_LINK_INVALID Error "This link does not work any more. Please ask for a new one.";
    /// Container: a recovery code is wrong, too old or was replaced.
    recovery_code_invalid RECOVERY_CODE_INVALID Error "This code is not right, or it is too old. Please check it, or ask for a new one.";
    /// Container: a verification link is wrong or was used.
    verification_link_invalid VERIFICATION_LINK_INVALID Error "This link does not work any more. Please ask for a new one.";
    /// Container: the address is proven already.
    verification_done VERIFICATION_DONE Error "This address is confirmed already.";
    /// Container: the form was sent at the wrong moment.
    verification_out_of_step VERIFICATION_OUT_OF_STEP Error "Something got out of step. Please begin again.";
    /// Container: a verification code is wrong, too old or was replaced.
    verification_code_invalid VERIFICATION_CODE_INVALID Error "This code is not right, or it is too old. Please check it, or ask for a new one.";
}

/// Container of settings: the account is recovered, and until `at` a new password can be chosen.
#[must_use]
pub fn recovered(at: &str, at_unix: i64) -> Message {
    let context = json!({
        "privilegedSessionExpiresAt": at,
        "privileged_session_expires_at": at,
        "privileged_session_expires_at_unix": at_unix,
    });
    let text =
        "You are in again. Please choose a new password now, so that you can sign in next time.";
    message(
        RECOVERED,
        MessageType::Success,
        text.to_owned(),
        Some(context),
    )
}

/// Container: a code is on its way to an address that is not shown in full.
#[must_use]
pub fn code_sent_to(masked: &str) -> Message {
    let context = json!({ "masked_address": masked });
    let text = format!(
        "If there is an account with this address, a code is on its way to {masked}. Please enter it here."
    );
    message(CODE_SENT_TO, MessageType::Info, text, Some(context))
}

/// Label that is data: an address that is not shown in full.
#[must_use]
pub fn masked_address(masked: &str) -> Message {
    message(MASKED_ADDRESS, MessageType::Info, masked.to_owned(), None)
}

/// Container: a code or link was spent before.
#[must_use]
pub fn code_used() -> Message {
    generic("This code was used already. Please ask for a new one.")
}

/// Container: the codes of this form were tried as often as they may be.
#[must_use]
pub fn too_many_tries() -> Message {
    generic("Wrong codes were entered too often. Please begin again.")
}

/// A link or code was meant for a flow that took too long.
#[must_use]
pub fn expired_link(number: u32, at: &str, at_unix: i64) -> Message {
    error(
        number,
        "This link is too old. Please ask for a new one.".to_owned(),
        json!({ "expired_at": at, "expired_at_unix": at_unix }),
    )
}

numbers! {
    RECOVERED = 1_060_001,
    RECOVERY_LINK_SENT = 1_060_002,
    RECOVERY_CODE_SENT = 1_060_003,
    CODE_SENT_TO = 1_060_004,
    ENTER_FULL_ADDRESS = 1_060_005,
    CHOOSE_ADDRESS = 1_060_006,
    RECOVERY_BACK = 1_060_007,
    MASKED_ADDRESS = 1_070_000,
    EMAIL = 1_070_007,
    RESEND = 1_070_008,
    GO_ON = 1_070_009,
    RECOVERY_CODE = 1_070_010,
    VERIFICATION_CODE = 1_070_011,
    RECOVERY_ADDRESS = 1_070_016,
    PHONE = 1_070_017,
    EMAIL_OR_PHONE = 1_070_018,
    VERIFICATION_LINK_SENT = 1_080_001,
    EMAIL_VERIFIED = 1_080_002,
    VERIFICATION_CODE_MAILED = 1_080_003,
    VERIFICATION_CODE_TEXTED = 1_080_004,
    PHONE_VERIFIED = 1_080_005,
    NOT_VERIFIED = 4_000_010,
    ONE_ADDRESS_AT_A_TIME = 4_050_002,
    RECOVERY_DONE = 4_060_001,
    RECOVERY_OUT_OF_STEP = 4_060_002,
    RECOVERY_LINK_INVALID = 4_060_004,
    RECOVERY_CODE_INVALID = 4_060_006,
    VERIFICATION_LINK_INVALID = 4_070_001,
    VERIFICATION_DONE = 4_070_002,
    VERIFICATION_OUT_OF_STEP = 4_070_003,
    VERIFICATION_CODE_INVALID = 4_070_006,
}
