//! Where a person lands, and forms that heal (promises 5 and 7): the list of cases and random walks, in a real browser.
//!
//! The script has the browser and the app behind the gateway; this side has the gateway, its store and the mail server. The script
//! asks for things by lines of JSON: `{"do": …}` on its standard output, one line in return.

mod world;

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin},
};

use serde_json::{Value, json};

use self::world::{Place, World};
use crate::support::{
    free_port,
    gateway::shared,
    node,
    smtp::{Arrived, SmtpServer},
};

/// The list of walks, where it lies beside the checkout.
fn list() -> Option<Value> {
    let Some(path) = shared("cases/landing.yaml") else {
        eprintln!("SKIPPED: the list of walks is not here; name its folder in VESTIBULE_SHARED");
        return None;
    };
    let text = std::fs::read_to_string(path).unwrap();
    Some(serde_saphyr::from_str(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_walk_ends_where_it_was_going() {
    if let Some(list) = list() {
        run(&list, "landing/cases.mjs").await;
    }
}

/// `VESTIBULE_WALKS` says how many; `VESTIBULE_SEED` repeats a walk that failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_walks_end_where_they_were_going() {
    if let Some(list) = list() {
        run(&list, "landing/random.mjs").await;
    }
}

async fn run(list: &Value, script: &str) {
    let mail = SmtpServer::start().await;
    let certificate = world::certificate();
    let place = Place {
        public: free_port(),
        admin: free_port(),
        upstream: free_port(),
        mail: mail.port,
        certificate,
    };
    let (cert, key) = &place.certificate;
    let named = json!({
        "public": place.public,
        "upstream": place.upstream,
        "certificate": {"cert": cert, "key": key},
    })
    .to_string();
    let Some(mut child) = node::start("tests/browser", &[script, &named]) else {
        return;
    };
    let mut stage = Stage {
        base: list["base"].as_str().unwrap().to_owned(),
        cases: list["cases"].clone(),
        place,
        mail,
        world: None,
    };
    let runtime = tokio::runtime::Handle::current();
    let talk = tokio::task::spawn_blocking(move || {
        stage.listen(&mut child, &runtime);
        (child.wait().unwrap(), stage)
    });
    let (status, stage) = talk.await.unwrap();
    let log = stage.world.map(|world| world.log()).unwrap_or_default();
    assert!(status.success(), "the log of the last gateway:\n{log}");
}

struct Stage {
    base: String,
    cases: Value,
    place: Place,
    mail: SmtpServer,
    world: Option<World>,
}

impl Stage {
    fn listen(&mut self, child: &mut Child, runtime: &tokio::runtime::Handle) {
        let mut answers = child.stdin.take().unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match serde_json::from_str::<Value>(&line) {
                Ok(asked) if asked["do"].is_string() => {
                    let answer = self.answer(&asked, runtime);
                    reply(&mut answers, &answer);
                }
                _ => eprintln!("{line}"),
            }
        }
    }

    fn answer(&mut self, asked: &Value, runtime: &tokio::runtime::Handle) -> Value {
        let what = asked["do"].as_str().unwrap();
        if what == "cases" {
            return self.cases.clone();
        }
        if what == "start" {
            self.world = None;
            let world = World::start(&self.base, &asked["config"], self.place.clone());
            let told = json!({
                "unsupported": world.unsupported,
                "left_out": world.left_out,
                "admin": world.admin_url(),
                "mails": self.mail.arrived().len(),
            });
            self.world = Some(world);
            return told;
        }
        let world = self.world.as_mut().unwrap();
        match what {
            "restart" => world.restart(),
            "change" => world.change(asked["key"].as_str().unwrap(), asked["value"].clone()),
            "purge" => world.purge_flows(),
            "expire flows" => world.expire_flows(),
            "expire sessions" => world.expire_sessions(),
            "store" => world.store(asked["up"] == true),
            "count" => return world.count(asked["table"].as_str().unwrap()).into(),
            "log" => return world.log().into(),
            "mails" => {
                let number = asked["number"].as_u64().unwrap();
                let mails = runtime.block_on(self.mail.wait_for(usize::try_from(number).unwrap()));
                return mails.iter().map(told).collect();
            }
            other => panic!("the script asks for {other}"),
        }
        Value::Null
    }
}

fn told(mail: &Arrived) -> Value {
    json!({"to": mail.to, "text": mail.text})
}

fn reply(answers: &mut ChildStdin, answer: &Value) {
    writeln!(answers, "{answer}").unwrap();
    answers.flush().unwrap();
}
