//! What was acknowledged stays, whatever happens to the process (security 0.4, 16.3).

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;

use crate::support::{Gateway, Native};

const CONFIG: &str = "
dsn: sqlite://{dir}/db.sqlite
serve:
  public: {host: 127.0.0.1, port: {public}, base_url: 'http://localhost:{public}/'}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice:
  default_browser_return_url: http://localhost:{public}/
  flows:
    registration: {style: unified, after: {password: {hooks: [{hook: session}]}}}
hashers: {algorithm: bcrypt, bcrypt: {cost: 4}}
";

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_sign_up_survives_a_kill() {
    let mut folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    for round in 0..3 {
        let gateway = Gateway::serve_in(folder, CONFIG, &["--dev"], &[]);
        for (email, password) in &acknowledged {
            let (status, _, body) = Native::of(&gateway).login(email, password).await.unwrap();
            assert_eq!(
                status,
                StatusCode::OK,
                "{email} was acknowledged before the kill: {body}"
            );
        }
        let (gateway, fresh) = sign_up_until_killed(gateway, round).await;
        assert!(
            !fresh.is_empty(),
            "no sign-up was acknowledged before the kill"
        );
        acknowledged.extend(fresh);
        folder = gateway;
    }
}

/// Signs people up on eight connections, kills the process in the middle, and gives back whoever was acknowledged.
async fn sign_up_until_killed(
    gateway: Gateway,
    round: usize,
) -> (tempfile::TempDir, Vec<(String, String)>) {
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let killed = Arc::new(AtomicBool::new(false));
    let client = Native::of(&gateway);
    let workers: Vec<_> = (0..8)
        .map(|worker| {
            let (acknowledged, killed, client) =
                (acknowledged.clone(), killed.clone(), client.clone());
            tokio::spawn(async move {
                for person in 0.. {
                    if killed.load(Ordering::SeqCst) {
                        return;
                    }
                    let email = format!("r{round}.w{worker}.p{person}@example.com");
                    let password = format!("long enough to hold, {round} {worker} {person}");
                    if let Ok(Some(_)) = client.register(&email, &password).await {
                        acknowledged.lock().unwrap().push((email, password));
                    }
                }
            })
        })
        .collect();
    let enough = async {
        while acknowledged.lock().unwrap().len() < 25 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), enough)
        .await
        .expect("sign-ups are acknowledged");
    let folder = gateway.kill();
    killed.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.await.unwrap();
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    (folder, acknowledged)
}
