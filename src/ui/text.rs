//! The catalogue of numbered messages (methods 10). The numbers are Kratos'; the wording is ours.
//!
//! Programs act on `id` and `context`, so a sentence may change and a number may not.

use serde_json::{Value, json};

use super::{Message, MessageType};

macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident $constant:ident $kind:ident $text:literal;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name() -> Message {
            message($constant, MessageType::$kind, $text.to_owned(), None)
        })+
    };
}

macro_rules! numbers {
    ($($name:ident = $number:literal),+ $(,)?) => { $(const $name: u32 = $number;)+ };
}

mod codes;
mod one_time;

pub use codes::*;
pub use one_time::*;

plain! {
    /// Label: sign in, on a form that confirms who is signed in.
    sign_in SIGN_IN Info "Sign in";
    /// Container: the person confirms that it is still them.
    confirm_identity CONFIRM_IDENTITY Info "Please confirm that it is you by signing in again.";
    /// Container: a second factor is asked for.
    second_factor SECOND_FACTOR Info "Please complete the second step of signing in.";
    /// Label: continue.
    login_continue LOGIN_CONTINUE Info "Continue";
    /// Label: sign in with a password.
    sign_in_with_password SIGN_IN_WITH_PASSWORD Info "Sign in with password";
    /// Label: create the account.
    create_account CREATE_ACCOUNT Info "Create account";
    /// Label: back to the first step.
    back BACK Info "Back";
    /// Container: a credential is chosen next.
    choose_credential CHOOSE_CREDENTIAL Info "Choose how you want to sign in from now on.";
    /// Container: settings are stored.
    saved SAVED Success "Your changes are saved.";
    /// Label of a password field.
    password PASSWORD Info "Password";
    /// Label of a button that stores settings.
    save SAVE Info "Save";
    /// Label of the identifier when the schema has several.
    identifier IDENTIFIER Info "Email or user name";
    /// Container: identifier or password is wrong, never which.
    wrong_credentials WRONG_CREDENTIALS Error "The email or password is not right. Please check both and try again.";
    /// Identifier: nobody has it, or they have no way to sign in.
    no_such_account NO_SUCH_ACCOUNT Error "There is no account with this email or user name.";
    /// Label of a button that leads to the next step.
    proceed CONTINUE Info "Continue";
    /// Container: somebody has that identifier already.
    identifier_taken IDENTIFIER_TAKEN Error "There is an account with this email or user name already.";
    /// Container: the traits name nothing to sign in with.
    no_identifier NO_IDENTIFIER Error "Nothing to sign in with was given, such as an email or a user name.";
    /// A password that is the one in use.
    password_unchanged PASSWORD_UNCHANGED Error "The new password is the same as the old one.";
    /// A password too close to the identifier.
    password_similar PASSWORD_SIMILAR Error "The password is too similar to your email or user name.";
    /// Container: nobody took the submission (login).
    no_login_method NO_LOGIN_METHOD Error "Please choose one of the ways to sign in.";
    /// Container: nobody took the submission (registration).
    no_registration_method NO_REGISTRATION_METHOD Error "Please choose one of the ways to create an account.";
    /// Container: nobody took the submission (settings).
    no_settings_method NO_SETTINGS_METHOD Error "Please choose what to change.";
    /// Container: nobody took the submission (recovery).
    no_recovery_method NO_RECOVERY_METHOD Error "Please choose one of the ways to get back in.";
    /// Container: nobody took the submission (verification).
    no_verification_method NO_VERIFICATION_METHOD Error "Please choose one of the ways to confirm your address.";
    /// Container: the account is switched off.
    account_disabled ACCOUNT_DISABLED Error "This account is disabled.";
    /// A value that had to be a certain object or list.
    not_the_constant NOT_THE_CONSTANT Error "This value is not the expected one.";
}

/// Label: the title a trait has in its schema; the text is data.
#[must_use]
pub fn titled(title: &str, name: &str) -> Message {
    let context = json!({ "title": title, "name": name });
    message(TITLED, MessageType::Info, title.to_owned(), Some(context))
}

/// Anything else that is wrong with a request; the text is the reason.
#[must_use]
pub fn generic(reason: &str) -> Message {
    error(GENERIC, reason.to_owned(), json!({ "reason": reason }))
}

/// A value is missing.
#[must_use]
pub fn required(property: &str) -> Message {
    let text = format!("Please fill in {}.", property.replace('_', " "));
    error(REQUIRED, text, json!({ "property": property }))
}

/// A password is refused for another reason.
#[must_use]
pub fn password_refused(reason: &str) -> Message {
    error(
        PASSWORD_REFUSED,
        reason.to_owned(),
        json!({ "reason": reason }),
    )
}

/// A password is too short.
#[must_use]
pub fn password_too_short(min: usize, actual: usize) -> Message {
    let text = format!("The password must have at least {min} characters; it has {actual}.");
    error(
        PASSWORD_TOO_SHORT,
        text,
        json!({ "min_length": min, "actual_length": actual }),
    )
}

/// A password is longer than the hash can take.
#[must_use]
pub fn password_too_long(max: usize, actual: usize) -> Message {
    let text = format!("The password may have at most {max} bytes; it has {actual}.");
    error(
        PASSWORD_TOO_LONG,
        text,
        json!({ "max_length": max, "actual_length": actual }),
    )
}

/// A text is too short.
#[must_use]
pub fn too_short(context: Value) -> Message {
    let text = format!(
        "Please enter at least {} characters.",
        value(&context, "min_length")
    );
    error(TOO_SHORT, text, context)
}

/// A text is too long.
#[must_use]
pub fn too_long(context: Value) -> Message {
    let text = format!(
        "Please enter at most {} characters.",
        value(&context, "max_length")
    );
    error(TOO_LONG, text, context)
}

/// A text does not match the pattern.
#[must_use]
pub fn pattern(context: Value) -> Message {
    error(
        PATTERN,
        "This does not have the expected form.".to_owned(),
        context,
    )
}

/// A number is too small.
#[must_use]
pub fn minimum(context: Value) -> Message {
    let text = format!("The number must be {} or more.", value(&context, "minimum"));
    error(MINIMUM, text, context)
}

/// A number is not large enough.
#[must_use]
pub fn exclusive_minimum(context: Value) -> Message {
    let text = format!(
        "The number must be more than {}.",
        value(&context, "minimum")
    );
    error(EXCLUSIVE_MINIMUM, text, context)
}

/// A number is too large.
#[must_use]
pub fn maximum(context: Value) -> Message {
    let text = format!("The number must be {} or less.", value(&context, "maximum"));
    error(MAXIMUM, text, context)
}

/// A number is not small enough.
#[must_use]
pub fn exclusive_maximum(context: Value) -> Message {
    let text = format!(
        "The number must be less than {}.",
        value(&context, "maximum")
    );
    error(EXCLUSIVE_MAXIMUM, text, context)
}

/// A number is no multiple.
#[must_use]
pub fn multiple_of(context: Value) -> Message {
    let text = format!(
        "The number must be a multiple of {}.",
        value(&context, "base")
    );
    error(MULTIPLE_OF, text, context)
}

/// A list has too many items.
#[must_use]
pub fn too_many_items(context: Value) -> Message {
    let text = format!(
        "Please give at most {} entries.",
        value(&context, "max_items")
    );
    error(MAX_ITEMS, text, context)
}

/// A list has too few items.
#[must_use]
pub fn too_few_items(context: Value) -> Message {
    let text = format!(
        "Please give at least {} entries.",
        value(&context, "min_items")
    );
    error(MIN_ITEMS, text, context)
}

/// A list has an item twice.
#[must_use]
pub fn duplicate_items(context: Value) -> Message {
    error(
        UNIQUE_ITEMS,
        "Two entries are the same.".to_owned(),
        context,
    )
}

/// A value has another type.
#[must_use]
pub fn wrong_type(context: Value) -> Message {
    error(
        WRONG_TYPE,
        "This is not the expected kind of value.".to_owned(),
        context,
    )
}

/// A value must be exactly another.
#[must_use]
pub fn not_expected(context: Value) -> Message {
    let text = format!("This must be {}.", value(&context, "expected"));
    error(NOT_EXPECTED, text, context)
}

/// A value is no email address.
#[must_use]
pub fn not_an_email(context: Value) -> Message {
    error(
        NOT_AN_EMAIL,
        "Please enter an email address.".to_owned(),
        context,
    )
}

/// A value is no phone number.
#[must_use]
pub fn not_a_phone_number(context: Value) -> Message {
    let text = "Please enter a phone number with its country code.".to_owned();
    error(NOT_A_PHONE_NUMBER, text, context)
}

/// The identifier is taken, with the ways in that its owner has.
#[must_use]
pub fn identifier_taken_hints(context: Value) -> Message {
    let text = "There is an account with this email or user name already. Sign in to it instead.";
    error(IDENTIFIER_TAKEN_HINTS, text.to_owned(), context)
}

/// A flow of some kind took too long and was replaced.
#[must_use]
pub fn expired(number: u32, at: &str, at_unix: i64) -> Message {
    error(
        number,
        "This page was open for too long. Please try again; here is a fresh one.".to_owned(),
        json!({ "expired_at": at, "expired_at_unix": at_unix }),
    )
}

/// Too much was tried; ours, Kratos has no such message.
#[must_use]
pub fn rate_limited(seconds: u64, at: &str, at_unix: i64) -> Message {
    let wait = span(seconds);
    error(
        RATE_LIMITED,
        format!("There were too many attempts. Please try again in {wait}."),
        json!({ "wait": wait, "seconds": seconds, "retry_at": at, "retry_at_unix": at_unix }),
    )
}

/// A time to wait, in words and rounded up.
#[must_use]
pub fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// A value of a context as text; these are numbers and short words.
fn value(context: &Value, key: &str) -> String {
    context.get(key).map(Value::to_string).unwrap_or_default()
}

fn error(id: u32, text: String, context: Value) -> Message {
    message(id, MessageType::Error, text, Some(context))
}

fn message(id: u32, message_type: MessageType, text: String, context: Option<Value>) -> Message {
    Message {
        id,
        text,
        message_type,
        context,
    }
}

/// A login flow took too long.
pub const LOGIN_EXPIRED: u32 = 4_010_001;
/// A registration flow took too long.
pub const REGISTRATION_EXPIRED: u32 = 4_040_001;
/// A settings flow took too long.
pub const SETTINGS_EXPIRED: u32 = 4_050_001;
/// A recovery flow took too long.
pub const RECOVERY_EXPIRED: u32 = 4_060_005;
/// A verification flow took too long.
pub const VERIFICATION_EXPIRED: u32 = 4_070_005;
/// Too much was tried: a number of ours, beyond all of Kratos'.
pub const RATE_LIMITED: u32 = 4_900_001;
/// Settings are stored; the one message that outlives a fetch.
pub const SAVED: u32 = 1_050_001;

numbers! {
    SIGN_IN = 1_010_001,
    CONFIRM_IDENTITY = 1_010_003,
    SECOND_FACTOR = 1_010_004,
    LOGIN_CONTINUE = 1_010_013,
    SIGN_IN_WITH_PASSWORD = 1_010_022,
    CREATE_ACCOUNT = 1_040_001,
    BACK = 1_040_008,
    CHOOSE_CREDENTIAL = 1_040_009,
    PASSWORD = 1_070_001,
    TITLED = 1_070_002,
    SAVE = 1_070_003,
    IDENTIFIER = 1_070_004,
    CONTINUE = 1_070_009,
    GENERIC = 4_000_001,
    REQUIRED = 4_000_002,
    TOO_SHORT = 4_000_003,
    PATTERN = 4_000_004,
    PASSWORD_REFUSED = 4_000_005,
    WRONG_CREDENTIALS = 4_000_006,
    IDENTIFIER_TAKEN = 4_000_007,
    NO_IDENTIFIER = 4_000_009,
    TOO_LONG = 4_000_017,
    MINIMUM = 4_000_018,
    EXCLUSIVE_MINIMUM = 4_000_019,
    MAXIMUM = 4_000_020,
    EXCLUSIVE_MAXIMUM = 4_000_021,
    MULTIPLE_OF = 4_000_022,
    MAX_ITEMS = 4_000_023,
    MIN_ITEMS = 4_000_024,
    UNIQUE_ITEMS = 4_000_025,
    WRONG_TYPE = 4_000_026,
    IDENTIFIER_TAKEN_HINTS = 4_000_028,
    NOT_EXPECTED = 4_000_029,
    NOT_THE_CONSTANT = 4_000_030,
    PASSWORD_SIMILAR = 4_000_031,
    PASSWORD_TOO_SHORT = 4_000_032,
    PASSWORD_TOO_LONG = 4_000_033,
    NO_SUCH_ACCOUNT = 4_000_037,
    PASSWORD_UNCHANGED = 4_000_039,
    NOT_AN_EMAIL = 4_000_040,
    NOT_A_PHONE_NUMBER = 4_000_041,
    NO_LOGIN_METHOD = 4_010_002,
    NO_REGISTRATION_METHOD = 4_010_003,
    NO_SETTINGS_METHOD = 4_010_004,
    NO_RECOVERY_METHOD = 4_010_005,
    NO_VERIFICATION_METHOD = 4_010_006,
    ACCOUNT_DISABLED = 4_010_011,
}
