//! SIGTERM loses no request (gateway ).

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use reqwest::StatusCode;

use crate::support::{Gateway, Native};

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_finishes_what_it_has_accepted() {
    let mut gateway = Gateway::dev(&[]);
    let native = Native::of(&gateway);
    let token = native
        .register("drain@example.com", "a plain long passphrase 7")
        .await
        .unwrap()
        .unwrap();
    let (answered, stopping) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let load: Vec<_> = (0..16)
        .map(|_| {
            let (client, token) = (Native::of(&gateway), token.clone());
            let (answered, stopping) = (answered.clone(), stopping.clone());
            tokio::spawn(async move {
                loop {
                    match client.get("/anything", &token).await {
                        Ok(answer) => {
                            let status = answer.status();
                            answer
                                .bytes()
                                .await
                                .expect("the body of an answer that began is whole");
                            assert_eq!(status, StatusCode::OK);
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(error) => {
                            // Once it stops, a new connection may be refused; a request that was taken may not be lost.
                            assert!(stopping.load(Ordering::SeqCst), "{error:?}");
                            assert!(error.is_connect(), "a request was lost: {error:?}");
                            return;
                        }
                    }
                }
            })
        })
        .collect();
    while answered.load(Ordering::SeqCst) < 400 {
        tokio::task::yield_now().await;
    }
    stopping.store(true, Ordering::SeqCst);
    gateway.signal("TERM");
    for task in load {
        task.await.unwrap();
    }
    let status = tokio::task::spawn_blocking(move || gateway.child.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn an_idle_connection_does_not_hold_up_a_stop() {
    let config = "
dsn: memory
drain: {timeout: 1h, upgrades: 1h}
serve:
  public: {host: 127.0.0.1, port: {public}, base_url: 'http://localhost:{public}/'}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice: {default_browser_return_url: 'http://localhost:{public}/'}
";
    let mut gateway = Gateway::serve(config, &["--dev"]);
    let mut idle = TcpStream::connect(("127.0.0.1", gateway.public)).unwrap();
    idle.write_all(b"GET /health/alive HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
    gateway.signal("TERM");
    // The test runner's patience is the limit here: with the fault this guards against it would take an hour.
    assert!(gateway.child.wait().unwrap().success());
}
