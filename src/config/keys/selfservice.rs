//! `selfservice`: flows, hooks and methods (columns: `keys`).
//!
//! What a method says below `config` is checked while it is off, and never complained about: settings of a thing that is not
//! enabled are accepted.

pub(super) const TABLE: &str = r"
selfservice | map! | | + | Flows and methods of signing in.
selfservice.default_browser_return_url | ref! | | + | Where a browser ends up when nothing says otherwise.
selfservice.allowed_return_urls[] | text | | + | Where return_to may lead: URLs, or https://*.example.com.
selfservice.flows.login.ui_url | ref | /.vestibule/login | + | The page that shows it.
selfservice.flows.login.lifespan | dur+ | 1h | + | How long it takes submissions.
selfservice.flows.login.style | enum(unified,identifier_first) | unified | + | Everything on one form, or the identifier first.
selfservice.flows.login.before | @before | | - | Before it begins.
selfservice.flows.login.after | @login | | + | After success.
selfservice.flows.registration.enabled | bool | true | + | People may create accounts.
selfservice.flows.registration.ui_url | ref | /.vestibule/registration | + | The page that shows it.
selfservice.flows.registration.lifespan | dur+ | 1h | + | How long it takes submissions.
selfservice.flows.registration.login_hints | bool | false | + | Names usable methods when an account exists.
selfservice.flows.registration.style | enum(unified,profile_first) | profile_first | + | Everything on one form, or the profile first.
selfservice.flows.registration.enable_legacy_one_step | bool | false | + | Old name for style: unified.
selfservice.flows.registration.before | @before | | - | Before it begins.
selfservice.flows.registration.after | @registration | | + | After success.
selfservice.flows.settings.ui_url | ref | /.vestibule/settings | + | The page that shows it.
selfservice.flows.settings.lifespan | dur+ | 1h | + | How long it takes submissions.
selfservice.flows.settings.privileged_session_max_age | dur+ | 1h | + | How long after signing in a password may be changed.
selfservice.flows.settings.required_aal | enum(aal1,highest_available) | highest_available | + | Assurance level that settings ask for.
selfservice.flows.settings.before | @before | | - | Before it begins.
selfservice.flows.settings.after | @settings | | + | After success.
selfservice.flows.recovery.enabled | bool | false | + | People may recover accounts by mail.
selfservice.flows.recovery.ui_url | ref | /.vestibule/recovery | + | The page that shows it.
selfservice.flows.recovery.lifespan | dur+ | 1h | + | How long it takes submissions.
selfservice.flows.recovery.use | enum(code,link) | code | -? | What the mail holds.
selfservice.flows.recovery.notify_unknown_recipients | bool | false | + | Mails addresses that have no account.
selfservice.flows.recovery.before.hooks[] | hook(web_hook,b2b_sso,organization) | | = | Hooks before it begins.
selfservice.flows.recovery.after.default_browser_return_url | ref | | + | Where the browser goes.
selfservice.flows.recovery.after.hooks[] | hook(web_hook,revoke_active_sessions) | | + | Hooks after success.
selfservice.flows.verification.enabled | bool | false | + | People may prove their addresses.
selfservice.flows.verification.ui_url | ref | /.vestibule/verification | + | The page that shows it.
selfservice.flows.verification.lifespan | dur+ | 1h | + | How long it takes submissions.
selfservice.flows.verification.use | enum(code,link) | code | -? | What the mail holds.
selfservice.flows.verification.notify_unknown_recipients | bool | false | + | Mails addresses that have no account.
selfservice.flows.verification.before.hooks[] | hook(web_hook,b2b_sso,organization) | | = | Hooks before it begins.
selfservice.flows.verification.after.default_browser_return_url | ref | | + | Where the browser goes.
selfservice.flows.verification.after.hooks[] | hook(web_hook,b2b_sso,organization) | | = | Hooks after success.
selfservice.flows.logout.clear_browser_data | bool | false | + | Asks the browser to forget cookies and storage.
selfservice.flows.logout.after.default_browser_return_url | ref | | + | Where the browser goes after signing out.
selfservice.flows.error.ui_url | ref | /.vestibule/error | + | The page that shows errors.

@before.hooks[] | hook(web_hook,b2b_sso,organization) | | - | Hooks.
@login.default_browser_return_url | ref | | + | Where the browser goes.
@login.hooks[] | hook(revoke_active_sessions,require_verified_address,web_hook,verification,show_verification_ui,b2b_sso,organization) | | + | Hooks, whatever the method.
@login.password | @loginmethod | | + | After signing in with a password.
@login.webauthn | @loginmethod | | + | After signing in with a security key.
@login.passkey | @loginmethod | | + | After signing in with a passkey.
@login.oidc | @loginoidc | | + | After signing in with another provider.
@login.code | @loginmethod | | + | After signing in with a code.
@login.totp | @loginmethod | | + | After a one-time password.
@login.lookup_secret | @loginmethod | | + | After a backup code.
@loginmethod.default_browser_return_url | ref | | + | Where the browser goes.
@loginmethod.hooks[] | hook(revoke_active_sessions,require_verified_address,web_hook,verification,show_verification_ui,b2b_sso,organization) | | + | Hooks of this method.
@loginoidc.default_browser_return_url | ref | | + | Where the browser goes.
@loginoidc.hooks[] | hook(revoke_active_sessions,web_hook,require_verified_address,b2b_sso,organization) | | + | Hooks of this method.
@registration.default_browser_return_url | ref | | + | Where the browser goes.
@registration.hooks[] | hook(session,web_hook,b2b_sso,organization) | | + | Hooks, whatever the method.
@registration.password | @registrationmethod | | + | After registration with a password.
@registration.webauthn | @registrationmethod | | + | After registration with a security key.
@registration.passkey | @registrationmethod | | + | After registration with a passkey.
@registration.oidc | @registrationmethod | | + | After registration with another provider.
@registration.code | @registrationmethod | | + | After registration with a code.
@registrationmethod.default_browser_return_url | ref | | + | Where the browser goes.
@registrationmethod.hooks[] | hook(session,web_hook,show_verification_ui,b2b_sso,organization) | | + | Hooks of this method.
@settings.default_browser_return_url | ref | | + | Where the browser goes.
@settings.hooks[] | hook(web_hook,b2b_sso,organization) | | + | Hooks, whatever the method.
@settings.password | @settingsmethod | | + | After a new password.
@settings.totp | @settingsmethod | | + | After a change of one-time passwords.
@settings.oidc | @settingsmethod | | + | After a change of linked providers.
@settings.webauthn | @settingsmethod | | + | After a change of security keys.
@settings.passkey | @settingsmethod | | + | After a change of passkeys.
@settings.lookup_secret | @settingsmethod | | + | After a change of backup codes.
@settings.profile.default_browser_return_url | ref | | + | Where the browser goes.
@settings.profile.hooks[] | hook(web_hook,show_verification_ui,b2b_sso,organization,verify_new_address,notify_previous_addresses) | | + | Hooks after a change of traits.
@settingsmethod.default_browser_return_url | ref | | + | Where the browser goes.
@settingsmethod.hooks[] | hook(web_hook,revoke_active_sessions) | | + | Hooks of this method.

@hook.hook | text! | | + | Name of the hook.
@hook.config | open | | + | Settings of the hook.
@webhook.hook | text! | | + | Name of the hook.
@webhook.config.id | text | | = | Name in logs.
@webhook.config.url | uri! | | = | Where the request goes.
@webhook.config.method | text! | | = | Its method.
@webhook.config.headers.* | text | | = | Its headers.
@webhook.config.body | text | | = | Jsonnet that makes its body.
@webhook.config.can_interrupt | bool | false | = | An error answer stops the flow.
@webhook.config.emit_analytics_event | bool | true | = | Accepted without effect.
@webhook.config.response.ignore | bool | false | = | Does not wait for the answer.
@webhook.config.response.parse | bool | false | = | Reads messages and changes from the answer.
@webhook.config.auth | @auth | | = | How the request authenticates.
@notifyhook.hook | text! | | + | Name of the hook.
@notifyhook.config.recipients | enum(removed,all_verified,all) | removed | = | Who is told.
@plainhook.hook | text! | | + | Name of the hook.
@auth.type | enum(api_key,basic_auth)! | | + | Kind of credential.
@auth.config.name | text | | + | Name of the header or cookie.
@auth.config.value | text | | + | Its value.
@auth.config.in | enum(header,cookie) | | + | Where it is sent.
@auth.config.user | text | | + | User name.
@auth.config.password | text | | + | Password.

selfservice.methods.password.enabled | bool | true | + | Passwords.
selfservice.methods.password.config.haveibeenpwned_host | text | api.pwnedpasswords.com | = | Server that knows leaked passwords.
selfservice.methods.password.config.haveibeenpwned_enabled | bool | false | -? | Refuses leaked passwords.
selfservice.methods.password.config.max_breaches | int(0..100) | 0 | = | How often a password may have leaked.
selfservice.methods.password.config.ignore_network_errors | bool | true | = | Goes on when that server does not answer.
selfservice.methods.password.config.min_password_length | int(6..) | 8 | + | Shortest password.
selfservice.methods.password.config.identifier_similarity_check_enabled | bool | true | + | Refuses passwords that look like the identifier.
selfservice.methods.password.config.migrate_hook.enabled | bool | false | -? | Asks another system about passwords it still has.
selfservice.methods.password.config.migrate_hook.config.url | uri | | = | That system.
selfservice.methods.password.config.migrate_hook.config.method | enum(POST) | POST | = | Method of the request.
selfservice.methods.password.config.migrate_hook.config.headers.* | text | | = | Headers of the request.
selfservice.methods.password.config.migrate_hook.config.emit_analytics_event | bool | true | = | Accepted without effect.
selfservice.methods.password.config.migrate_hook.config.auth | @auth | | = | How the request authenticates.
selfservice.methods.password.config.migrate_hook.config.body | fileuri | | = | Jsonnet that makes its body.
selfservice.methods.profile.enabled | bool | true | + | Changing one's traits.
selfservice.methods.link.enabled | bool | false | -? | Links by mail.
selfservice.methods.link.config | open | | = | Settings of links.
selfservice.methods.link.config.lifespan | dur | 1h | = | How long a link works.
selfservice.methods.link.config.base_url | ref | | = | Where links lead.
selfservice.methods.code | open | | = | Codes by mail.
selfservice.methods.code.enabled | bool | true | + | Codes by mail.
selfservice.methods.code.passwordless_enabled | bool | false | -? | Signing in with a code.
selfservice.methods.code.mfa_enabled | bool | false | -? | Codes as the second factor.
selfservice.methods.code.config | open | | = | Settings of codes.
selfservice.methods.code.config.lifespan | dur | 1h | + | How long a code works.
selfservice.methods.code.config.max_submissions | int(1..255) | 5 | + | How often one may guess.
selfservice.methods.code.config.missing_credential_fallback_enabled | bool | false | = | Signs in by a proven address without a code credential.
selfservice.methods.totp.enabled | bool | false | -? | One-time passwords of an app.
selfservice.methods.totp.config.issuer | text | | = | Name shown in the app.
selfservice.methods.lookup_secret.enabled | bool | false | -? | Backup codes.
selfservice.methods.webauthn.enabled | bool | false | -? | Security keys.
selfservice.methods.webauthn.config.passwordless | bool | false | = | As the first factor.
selfservice.methods.webauthn.config.rp.id | text! | | = | Domain of the keys.
selfservice.methods.webauthn.config.rp.display_name | text! | | = | Name shown by the browser.
selfservice.methods.webauthn.config.rp.origin | uri | | = | Origin of the page.
selfservice.methods.webauthn.config.rp.origins[] | uri | | = | Origins of the pages.
selfservice.methods.webauthn.config.rp.icon | uri | | = | Icon.
selfservice.methods.passkey.enabled | bool | false | -? | Passkeys.
selfservice.methods.passkey.config.rp.id | text! | | = | Domain of the passkeys.
selfservice.methods.passkey.config.rp.display_name | text! | | = | Name shown by the browser.
selfservice.methods.passkey.config.rp.origins[] | text | | = | Origins of the pages.
selfservice.methods.passkey.config.authenticator_selection.attachment | enum(platform,cross-platform) | | = | Built in or separate.
selfservice.methods.passkey.config.authenticator_selection.resident_key | enum(required,preferred,discouraged) | required | = | Kept on the device.
selfservice.methods.passkey.config.authenticator_selection.user_verification | enum(required,preferred,discouraged) | preferred | = | Asks for a PIN or a finger.
selfservice.methods.passkey.config.attestation.preference | enum(none,indirect,direct,enterprise) | none | = | Proof of the maker.
selfservice.methods.passkey.config.timeouts.registration | dur+ | 5m | = | Time to create one.
selfservice.methods.passkey.config.timeouts.login | dur+ | 2m | = | Time to use one.
selfservice.methods.oidc.enabled | bool | false | -? | Signing in with other providers.
selfservice.methods.oidc.config.base_redirect_uri | uri | | = | Base of the callback URL.
selfservice.methods.oidc.config.providers[] | @provider | | = | The providers.
selfservice.methods.b2b.config.organizations[] | open | | - | Organizations.
selfservice.methods.b2b.config.organizations[].id | text | | - | Its id.
selfservice.methods.b2b.config.organizations[].label | text | | - | Its name.
selfservice.methods.b2b.config.organizations[].domains[] | domain | | - | Its domains.
selfservice.methods.b2b.config.organizations[].session_lifespan | dur | | - | Its session lifespan.

@provider.id | text! | | = | Name in callback paths and identifiers.
@provider.provider | enum(github,github-app,gitlab,generic,google,microsoft,discord,salesforce,slack,facebook,auth0,vk,yandex,apple,spotify,netid,dingtalk,patreon,line,linkedin,linkedin_v2,lark,x,fedcm-test,amazon,uaepass)! | | = | Kind of provider.
@provider.label | text | | = | Text of the button.
@provider.client_id | text! | | = | Client id at the provider.
@provider.client_secret | text | | = | Client secret at the provider.
@provider.issuer_url | uri | | = | Issuer.
@provider.auth_url | uri | | = | Authorization endpoint.
@provider.token_url | uri | | = | Token endpoint.
@provider.mapper_url | fileuri! | | = | Jsonnet that turns claims into traits.
@provider.scope[] | text | | = | Scopes to ask for.
@provider.microsoft_tenant | text | | = | Tenant at Microsoft.
@provider.subject_source | enum(userinfo,me,oid) | userinfo | = | Where Microsoft's subject comes from.
@provider.apple_team_id | text | | = | Team at Apple.
@provider.apple_private_key_id | text | | = | Key id at Apple.
@provider.apple_private_key | text | | = | Key for Apple.
@provider.requested_claims | any | | = | Claims to ask for.
@provider.organization_id | text | | = | Organization.
@provider.additional_id_token_audiences[] | text | | = | Other audiences of native sign-in.
@provider.aal2_acr_values[] | text | | = | Values of acr that count as two factors.
@provider.aal2_amr_values[] | text | | = | Values of amr that count as two factors.
@provider.claims_source | enum(id_token,userinfo) | id_token | = | Where claims come from.
@provider.pkce | enum(auto,never,force) | auto | = | PKCE.
@provider.fedcm_config_url | uri | | = | FedCM configuration.
@provider.net_id_token_origin_header | text | | = | Origin header for netID.
@provider.account_linking_mode | enum(confirm_with_existing_credential,automatic) | confirm_with_existing_credential | = | How accounts of one address are joined.
@provider.update_identity_on_login | enum(never,automatic) | never | = | Runs the mapper at every log-in.
";
