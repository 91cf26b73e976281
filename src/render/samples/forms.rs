//! Forms: every kind × empty, refused, several problems, long names, many methods.

use serde_json::json;

use super::{Sample, nodes::*};
use crate::{
    render::{Form, FormLinks, FormPage, Renderer},
    ui::Container,
};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn all(renderer: &Renderer) -> Vec<Sample> {
    let links = FormLinks {
        login: Some("login"),
        registration: Some("registration"),
        recovery: None,
        back: Some("https://wiki.example.com/"),
        sign_out: Some("logout"),
        user: Some("user"),
    };
    let make = |name, form, ui: &Container, app, person, must_confirm| Sample {
        name,
        page: renderer.form(&FormPage {
            form,
            ui,
            languages: None,
            app,
            person,
            links,
            must_confirm,
            lost_form: name == "login-lost-form",
        }),
    };
    let wiki = Some("Wiki");
    let ada = Some("ada@example.com");
    let long = Some("wissensdatenbank-der-abteilung-entwicklung.intern.example.com");
    let login_refused = with_message(
        login("ada@example.com"),
        None,
        message(4_000_006, "error", &json!({})),
    );
    let one = with_message(
        registration("ada@", "", ""),
        Some("traits.email"),
        message(4_000_040, "error", &json!({"value": "ada@"})),
    );
    let three = with_message(
        one.clone(),
        Some("password"),
        message(
            4_000_032,
            "error",
            &json!({"min_length": 8, "actual_length": 5}),
        ),
    );
    let three = with_message(
        three,
        Some("traits.name"),
        message(4_000_002, "error", &json!({"property": "name"})),
    );
    let taken = with_message(
        registration("ada@example.com", "Ada Lovelace", ""),
        None,
        message(4_000_007, "error", &json!({})),
    );
    let expired = with_message(
        login("ada@example.com"),
        None,
        message(4_010_001, "error", &json!({})),
    );
    let confirm = with_message(confirm(), None, message(1_010_003, "info", &json!({})));
    let saved = with_message(
        settings("ada@example.com", "Ada Lovelace"),
        None,
        message(1_050_001, "success", &json!({})),
    );
    let weak = with_message(
        settings("ada@example.com", "Ada Lovelace"),
        Some("password"),
        message(4_000_031, "error", &json!({})),
    );
    let unknown = with_message(
        login("ada@example.com"),
        None,
        json!({"id": 4_999_999, "type": "error", "text": "A message that no catalogue knows yet, in its own words."}),
    );
    vec![
        make("login", Form::Login, &login(""), wiki, None, false),
        make("login-plain", Form::Login, &login(""), None, None, false),
        make(
            "login-refused",
            Form::Login,
            &login_refused,
            wiki,
            None,
            false,
        ),
        make("login-expired", Form::Login, &expired, long, None, false),
        make(
            "login-unknown-message",
            Form::Login,
            &unknown,
            wiki,
            None,
            false,
        ),
        make(
            "login-many-methods",
            Form::Login,
            &many_methods(),
            wiki,
            None,
            false,
        ),
        make("login-confirm", Form::Confirm, &confirm, wiki, ada, false),
        make(
            "login-second-step",
            Form::SecondFactor,
            &second_step(),
            wiki,
            ada,
            false,
        ),
        make(
            "registration",
            Form::Registration,
            &registration("", "", ""),
            wiki,
            None,
            false,
        ),
        make(
            "registration-one-problem",
            Form::Registration,
            &one,
            wiki,
            None,
            false,
        ),
        make(
            "registration-problems",
            Form::Registration,
            &three,
            wiki,
            None,
            false,
        ),
        make(
            "registration-taken",
            Form::Registration,
            &taken,
            wiki,
            None,
            false,
        ),
        make(
            "registration-every-trait",
            Form::Registration,
            &every_trait(),
            long,
            None,
            false,
        ),
        make(
            "settings",
            Form::Settings,
            &settings("ada@example.com", "Ada Lovelace"),
            wiki,
            ada,
            false,
        ),
        make("settings-saved", Form::Settings, &saved, None, ada, false),
        make(
            "settings-weak-password",
            Form::Settings,
            &weak,
            wiki,
            ada,
            true,
        ),
        make(
            "settings-long-names",
            Form::Settings,
            &settings(LONG_ADDRESS, LONG_NAME),
            long,
            Some(LONG_ADDRESS),
            true,
        ),
        make(
            "settings-many-methods",
            Form::Settings,
            &many_settings(),
            wiki,
            ada,
            true,
        ),
        make(
            "form-without-nodes",
            Form::Login,
            &container(&json!([])),
            wiki,
            None,
            false,
        ),
    ]
}

const LONG_ADDRESS: &str = "augusta.ada.king.countess.of.lovelace.1815@a-rather-long-department-name.university.example.org";
const LONG_NAME: &str =
    "Augusta Ada King, Countess of Lovelace, born Byron, mathematician and writer";
