//! The node model of flows 7.1 and 7.2. Members appear on the wire exactly as the tables there say.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A form: where it goes and what it shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// URL to submit to.
    pub action: String,
    /// HTTP method to submit with.
    pub method: Method,
    /// Inputs and the like, in display order.
    pub nodes: Vec<Node>,
    /// Messages about the form as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub messages: Vec<Message>,
}

/// HTTP method of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// One element of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Repeats `attributes.node_type`.
    #[serde(rename = "type")]
    pub node_type: NodeType,
    /// Which method it belongs to.
    pub group: Group,
    /// What it is.
    pub attributes: Attributes,
    /// Messages about this element.
    pub messages: Vec<Message>,
    /// Its label.
    pub meta: Meta,
}

/// Kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeType {
    /// An input or button.
    Input,
    /// A text.
    Text,
    /// An image.
    Img,
    /// A link.
    A,
    /// A script.
    Script,
    /// A container for a widget.
    Div,
}

/// Which method a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Shared by all methods.
    Default,
    /// Password.
    Password,
    /// Social sign-in.
    Oidc,
    /// Traits.
    Profile,
    /// Link by mail.
    Link,
    /// One-time code.
    Code,
    /// Authenticator app.
    Totp,
    /// Backup codes.
    LookupSecret,
    /// Security keys.
    Webauthn,
    /// Passkeys.
    Passkey,
    /// First step of identifier-first log-in.
    IdentifierFirst,
    /// Proof of humanity.
    Captcha,
    /// SAML.
    Saml,
    /// Device-bound keys.
    Deviceauthn,
}

/// What a node is. `node_type` tells them apart on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "node_type", rename_all = "lowercase")]
pub enum Attributes {
    /// An input or button.
    Input(InputAttributes),
    /// A link.
    A {
        /// Where it leads.
        href: String,
        /// What it says.
        title: Message,
        /// Its id.
        id: String,
    },
    /// A text.
    Text {
        /// The text.
        text: Message,
        /// Its id.
        id: String,
    },
}

/// Attributes of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputAttributes {
    /// Form field.
    pub name: String,
    /// Type of input.
    #[serde(rename = "type")]
    pub input_type: InputType,
    /// Current value; absent is not the same as empty.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<Value>,
    /// Must be filled in.
    #[serde(skip_serializing_if = "is_false", default)]
    pub required: bool,
    /// Hint for password managers and browsers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub autocomplete: Option<String>,
    /// Pattern the value must match.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pattern: Option<String>,
    /// Cannot be changed.
    pub disabled: bool,
    /// Longest value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub maxlength: Option<u32>,
    /// Values to choose from.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<InputOption>,
}

/// A value to choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputOption {
    /// The value.
    pub value: Value,
}

/// Type of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputType {
    /// `text`
    Text,
    /// `password`
    Password,
    /// `number`
    Number,
    /// `checkbox`
    Checkbox,
    /// `hidden`
    Hidden,
    /// `email`
    Email,
    /// `tel`
    Tel,
    /// `submit`
    Submit,
    /// `button`
    Button,
    /// `datetime-local`
    DatetimeLocal,
    /// `date`
    Date,
    /// `url`
    Url,
}

/// Label of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The label, when it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<Message>,
}

/// A numbered text; programs act on `id` and `context`, people read `text` (methods 10).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Published number.
    pub id: u32,
    /// English wording, ours.
    pub text: String,
    /// How it is meant.
    #[serde(rename = "type")]
    pub message_type: MessageType,
    /// Values in the text, for translators.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub context: Option<Value>,
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageType {
    /// Neutral.
    Info,
    /// Something is wrong.
    Error,
    /// Something worked.
    Success,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde calls"
)]
fn is_false(value: &bool) -> bool {
    !value
}
