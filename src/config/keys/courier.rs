//! `courier`: mail and text messages (columns: `keys`).

pub(super) const TABLE: &str = r"
courier.delivery_strategy | enum(smtp,http) | smtp | + | How mail is sent.
courier.smtp.connection_uri | smtp | | + | Mail server: smtp:// or smtps://.
courier.smtp.client_cert_path | text | | + | Client certificate.
courier.smtp.client_key_path | text | | + | Key of the client certificate.
courier.smtp.from_address | text | | + | Sender.
courier.smtp.from_name | text | | + | Name of the sender.
courier.smtp.headers.* | text | | + | Headers of every mail.
courier.smtp.local_name | text | localhost | + | Name in HELO.
courier.http.request_config | @request | | + | Sends mail by an HTTP request.
courier.channels[].id | enum(sms)! | | + | Channel.
courier.channels[].type | enum(http) | http | + | How it sends.
courier.channels[].request_config | @request! | | + | The request.
courier.template_override_path | text | | - | Folder of templates.
courier.message_retries | int(0..) | 5 | + | How often a message is tried again after a server refused it; an outage does not count.
courier.worker | open | | + | The sender.
courier.worker.pull_count | int(1..255) | 10 | + | Messages taken at a time.
courier.worker.pull_wait | dur | 1s | + | How long messages of other processes may go unnoticed.
courier.templates.recovery | @messages | | - | Recovery by link.
courier.templates.recovery_code | @messages | | - | Recovery by code.
courier.templates.verification | @messages | | - | Verification by link.
courier.templates.verification_code | @messages | | - | Verification by code.
courier.templates.registration_code.valid.email | @mail! | | - | Registration by code.
courier.templates.registration_code.valid.sms | @sms | | - | Registration by code.
courier.templates.login_code.valid.email | @mail! | | - | Log-in by code.
courier.templates.login_code.valid.sms | @sms | | - | Log-in by code.
courier.templates.verifiable_address_changed.email | @mail | | - | An address was changed.
courier.templates.verifiable_address_changed.sms | @sms | | - | A number was changed.
@messages.invalid.email | @mail! | | - | To addresses without an account.
@messages.valid.email | @mail! | | - | To addresses with an account.
@messages.valid.sms | @sms | | - | To numbers with an account.
@mail.subject | fileuri | | - | Template of the subject.
@mail.body.html | fileuri | | - | Template of the HTML body.
@mail.body.plaintext | fileuri | | - | Template of the text body.
@sms.body.plaintext | fileuri | | - | Template of the text.
@request.url | url | | + | Where the request goes.
@request.method | text | POST | + | Its method.
@request.headers.* | text | | + | Its headers.
@request.body | fileuri | | + | Jsonnet that makes its body.
@request.auth | @auth | | + | How it authenticates.
";
