use serde_json::Value;

use super::*;

fn line() -> AccessLine<'static> {
    AccessLine {
        now: Timestamp::from_micros(1_764_033_600_007_999),
        request_id: "r1",
        client_ip: IpAddr::from([192, 0, 2, 1]),
        scheme: "https",
        host: "app.example.com",
        method: "GET",
        path: "/a\"b\u{202e}\n",
        query: Some("code=secret&x&flag=&a_value_without_any_equals_sign_at_all"),
        status: 200,
        bytes_out: 1024,
        duration: Duration::from_micros(1_005),
        upstream_status: Some(200),
        route: Some("app"),
        decision: "allow",
        policy: None,
        reason: None,
        cause: None,
        credential_kind: Some("cookie"),
        subject: Some(Uuid::nil()),
        session: Some("0123456789abcdef"),
        cache: Some("hit"),
        user_agent: Some(b"Fire\xfffox"),
    }
}

fn written(format: LogFormat) -> String {
    let stamp = stamp(line().now.seconds());
    let mut into = Vec::new();
    match format {
        LogFormat::Json => line().write_json(&stamp, &mut into),
        LogFormat::Text => line().write_text(&stamp, &mut into),
    }
    String::from_utf8(into).expect("text")
}

#[test]
fn a_json_line_names_the_keys_of_a_query_and_never_its_values() {
    let text = written(LogFormat::Json);
    assert!(
        !text.contains("secret") && !text.contains("a_value"),
        "{text}"
    );
    let line: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(line["time"], "2025-11-25T01:20:00.007Z");
    assert_eq!(
        line["query_keys"],
        serde_json::json!(["code", "x", "flag", "…"])
    );
    assert_eq!(line["path"], "/a\"b\u{202e}\n");
    assert_eq!(line["duration_ms"], 1.005);
    assert_eq!(line["bytes_out"], 1024);
    assert_eq!(line["user_agent"], "Fire\u{fffd}fox");
    assert_eq!(line["subject"], Uuid::nil().to_string());
    assert!(line.get("reason").is_none());
}

#[test]
fn a_text_line_stays_one_line() {
    assert_eq!(
        written(LogFormat::Text),
        "2025-11-25T01:20:00Z 200 GET app.example.com/a\"b\\u{202e}\\u{a} 1.005ms 1024B ip=192.0.2.1 decision=allow route=app \
         credential=cookie session=0123456789abcdef cache=hit subject=00000000-0000-0000-0000-000000000000 id=r1"
    );
}

#[test]
fn lines_reach_a_file_and_an_off_log_takes_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    let log = AccessLog::open(&Destination::File(path.clone()), LogFormat::Json).expect("it opens");
    let worker = log.worker();
    assert!(worker.is_on());
    worker.write(&line());
    worker.write(&AccessLine {
        status: 503,
        ..line()
    });
    log.close();
    let text = std::fs::read_to_string(path).expect("the file is there");
    let levels: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["level"].clone())
        .collect();
    assert_eq!(levels, ["info", "error"]);
    let off = AccessLog::open(&Destination::Off, LogFormat::Json).expect("nothing to open");
    assert!(!off.worker().is_on());
}
