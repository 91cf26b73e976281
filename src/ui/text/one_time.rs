//! Messages about signing in and up with a code (methods 10.1, 10.2, 10.5–10.7).

use serde_json::json;

use super::{Message, MessageType, message};

plain! {
    /// Container: a code to sign in with is on its way.
    login_code_sent LOGIN_CODE_SENT Info "A code is on its way to you. Please enter it here.";
    /// Container: a code is on its way to somebody who is known already.
    login_code_sent_to_you LOGIN_CODE_SENT_TO_YOU Info "A code is on its way to your address. Please enter it here.";
    /// Label: send a code to sign in with.
    send_login_code SEND_LOGIN_CODE Info "Send me a code to sign in";
    /// Label of a code to sign in with.
    login_code LOGIN_CODE Info "Code";
    /// Container: a code to sign up with is on its way.
    registration_code_sent REGISTRATION_CODE_SENT Info "A code is on its way to you. Please enter it here to create your account.";
    /// Label: send a code to sign up with.
    send_registration_code SEND_REGISTRATION_CODE Info "Send me a code to create the account";
    /// Label of a code to sign up with.
    registration_code REGISTRATION_CODE Info "Code";
    /// Container: nobody signs in with a code under this name.
    no_code_account NO_CODE_ACCOUNT Error "There is no account with this address, or it does not sign in with codes.";
    /// Container: what was typed has changed since the code went out.
    traits_changed TRAITS_CHANGED Error "Something was changed after the code was sent. Please ask for a new code.";
    /// Container: the account that is signed in does not have this address.
    not_your_address NOT_YOUR_ADDRESS Error "Your account has no such address.";
    /// Container: a code to sign in with is wrong, too old or was replaced.
    login_code_invalid LOGIN_CODE_INVALID Error "This code is not right, or it is too old. Please check it, or ask for a new one.";
    /// Container: a code to sign up with is wrong, too old or was replaced.
    registration_code_invalid REGISTRATION_CODE_INVALID Error "This code is not right, or it is too old. Please check it, or ask for a new one.";
}

/// Label: send a code to this address.
#[must_use]
pub fn send_code_to(address: &str, channel: &str) -> Message {
    let context = json!({ "address": address, "channel": channel });
    let text = format!("Send a code to {address}");
    message(SEND_CODE_TO, MessageType::Info, text, Some(context))
}

numbers! {
    LOGIN_CODE_SENT = 1_010_014,
    SEND_LOGIN_CODE = 1_010_015,
    SEND_CODE_TO = 1_010_023,
    LOGIN_CODE_SENT_TO_YOU = 1_010_025,
    REGISTRATION_CODE_SENT = 1_040_005,
    SEND_REGISTRATION_CODE = 1_040_006,
    REGISTRATION_CODE = 1_070_012,
    LOGIN_CODE = 1_070_013,
    NO_CODE_ACCOUNT = 4_000_035,
    TRAITS_CHANGED = 4_000_036,
    LOGIN_CODE_INVALID = 4_010_008,
    NOT_YOUR_ADDRESS = 4_010_010,
    REGISTRATION_CODE_INVALID = 4_040_003,
}
