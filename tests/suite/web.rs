//! `http`: against a web server of Python's, which writes down what it was asked.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::harness::authority::Authority;
use crate::harness::case::{Case, Ran};
use crate::harness::sshd::free_port;

const SERVER: &str = r#"
import http.server, json, ssl, sys, time, base64
port, log, cert, key, twin = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5]
counts = {}
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *args): pass
    def answer(self, status, body=b'', headers={}):
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD': self.wfile.write(body)
    def do(self):
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length)
        with open(log, 'a') as f:
            headers = {k.lower(): v for k, v in self.headers.items()}
            f.write(json.dumps([self.command, self.path, headers, body.decode('utf-8', 'replace')]) + '\n')
        path = self.path.split('?')[0]
        n = counts[path] = counts.get(path, 0) + 1
        if path == '/json': self.answer(200, b'{"status": "up", "n": %d}' % n, {'Content-Type': 'application/json', 'X-Two': 'a'})
        elif path == '/slowly-up': self.answer(200 if n > 2 else 503, b'<up>')
        elif path == '/liar': self.answer(200, b'<html>', {'Content-Type': 'application/json'})
        elif path == '/bytes': self.answer(200, bytes(range(256)))
        elif path == '/hostile': self.answer(200, '\x1b]0;x\x07 {{ 7*7 }} $(id)'.encode())
        elif path == '/header': self.answer(200, b'', {'X-Hostile': '\x1b[31m'})
        elif path == '/away': self.answer(302, b'', {'Location': '/json'})
        elif path == '/over': self.answer(302, b'', {'Location': twin + '/json'})
        elif path == '/loop': self.answer(301, b'', {'Location': '/loop'})
        elif path == '/down': self.answer(302, b'', {'Location': 'http://127.0.0.1:1/'})
        elif path == '/file': self.answer(302, b'', {'Location': 'file:///etc/passwd'})
        elif path == '/created': self.answer(201, b'made')
        elif path == '/no': self.answer(418, 'I am a teapot \x1b[2J'.encode())
        elif path == '/huge':
            self.send_response(200); self.send_header('Content-Length', str(40 << 20)); self.end_headers()
            for _ in range(40): self.wfile.write(b'x' * (1 << 20))
        elif path == '/cut':
            self.send_response(200); self.send_header('Content-Length', '1000'); self.end_headers()
            self.wfile.write(b'short'); self.wfile.flush(); self.connection.shutdown(2); self.close_connection = True
        elif path == '/gone': self.connection.shutdown(2); self.close_connection = True
        elif path == '/sleep': time.sleep(20)
        else: self.answer(404, b'nothing here')
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *args): pass
server = Server(('127.0.0.1', port), Handler)
if cert != '-':
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"#;

/// A running server; it ends when this is dropped.
struct Web {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Web {
    fn start(authority: Option<&Authority>, twin: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("server.py"), SERVER).expect("a file");
        let (cert, key) = authority.map_or(("-".to_owned(), "-".to_owned()), |authority| {
            (authority.certificate().display().to_string(), authority.key("root").display().to_string())
        });
        let process = Command::new("python3")
            .args([&path("server.py"), &port.to_string(), &path("log"), &cert, &key, twin])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3");
        let web = Self { process, port, folder };
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        web
    }

    /// What it was asked: method, path, headers, body.
    fn asked(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The end of the first step.
fn end(ran: &Ran) -> Value {
    let finished = ran.events().into_iter().find(|event| event["event"] == "step_finished");
    finished.unwrap_or_else(|| panic!("no step ended: {}{}", ran.stdout, ran.stderr))
}

fn case(step: &str, web: &Web) -> Case {
    let step = step.replace("WEB", &format!("127.0.0.1:{}", web.port));
    Case::playbook(&format!("secrets: {{ token: {{ env: TOKEN }} }}\nsteps:\n- {step}\n"))
        .env("TOKEN", "canary of the web")
}

#[test]
fn answers_become_results() {
    let web = Web::start(None, "");
    let rows = [
        (
            "http: { url: 'http://WEB/json' }",
            "ok",
            json!({"status": 200, "json": {"status": "up", "n": 1}, "size": 24}),
        ),
        ("http: { url: 'http://WEB/json', method: HEAD }", "ok", json!({"status": 200, "body": ""})),
        (
            "http: { url: 'http://WEB/created', method: POST, body: {a: [1, true]} }",
            "changed",
            json!({"status": 201, "body": "made"}),
        ),
        ("http: { url: 'http://WEB/no', status: 418 }", "ok", json!({"status": 418})),
        ("http: { url: 'http://WEB/no', status: [200, 418] }", "ok", json!({"status": 418})),
        ("http: { url: 'http://WEB/away' }", "ok", json!({"status": 200})),
        ("http: { url: 'http://WEB/away', method: POST, status: 302 }", "changed", json!({"status": 302})),
        ("http: { url: 'http://WEB/hostile' }", "ok", json!({"body": "\u{1b}]0;x\u{7} {{ 7*7 }} $(id)"})),
        ("http: { url: 'http://WEB/json', method: POST, body: x }\n  class: read", "ok", json!({"status": 200})),
    ];
    for (step, outcome, expected) in rows {
        let ran = case(step, &web).apply(&[]).exits(0);
        let end = end(&ran);
        let outcome = if step.contains("class: read") { end["outcome"].as_str().unwrap_or("") } else { outcome };
        assert_eq!(end["outcome"], outcome, "{step}: {end}");
        for (key, value) in expected.as_object().expect("a mapping") {
            assert_eq!(&end["result"][key], value, "{step}: {key}");
        }
    }
    let ran = case("http: { url: 'http://WEB/bytes' }", &web).apply(&[]).exits(0);
    let sent: Vec<u8> = (0..=255).collect();
    assert_eq!(end(&ran)["result"]["body_base64"], base64::engine::general_purpose::STANDARD.encode(sent));
    let posted = web.asked().into_iter().find(|asked| asked[1] == "/created").expect("the request");
    assert_eq!(
        (&posted[0], &posted[2]["content-type"], &posted[3]),
        (&json!("POST"), &json!("application/json"), &json!("{\"a\":[1,true]}"))
    );
}

#[test]
fn what_goes_wrong_is_told_by_its_stage() {
    let web = Web::start(None, "");
    let rows = [
        ("http: { url: 'http://WEB/nowhere' }", 1, "answered 404 Not Found: nothing here"),
        ("http: { url: 'http://WEB/json', status: [201] }", 1, "answered 200 OK"),
        ("http: { url: 'http://WEB/liar' }", 1, "says that its body is JSON, and it is not"),
        ("http: { url: 'http://WEB/huge' }", 1, "is too large to keep: more than 16 MiB"),
        ("http: { url: 'http://WEB/loop' }", 1, "redirects more than 10 times"),
        ("http: { url: 'http://WEB/file' }", 1, "redirects to something that is not HTTP"),
        ("http: { url: 'http://WEB/header' }", 3, "does not speak HTTP: invalid HTTP header"),
        ("http: { url: 'http://WEB/cut' }", 3, "was lost before the answer was whole"),
        ("http: { url: 'http://WEB/gone' }", 3, "was lost before the answer was whole"),
        ("http: { url: 'http://WEB/gone', method: POST }", 5, "was lost before the answer was whole"),
        ("http: { url: 'http://WEB/sleep', method: POST }\n  timeout: 500ms", 5, "500 ms"),
        ("http: { url: 'http://WEB/sleep' }\n  timeout: 500ms", 1, "500 ms"),
        ("http: { url: 'http://127.0.0.1:1/' }", 3, "cannot connect to 127.0.0.1:1: connection refused"),
        ("http: { url: 'http://no-such-host.invalid/' }", 3, "the name has no address"),
        ("http: { url: 'https://WEB/json' }", 3, "no TLS with"),
    ];
    for (step, status, told) in rows {
        let ran = case(step, &web).apply(&[]);
        let error = end(&ran)["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!((ran.status, error.contains(told)), (status, true), "{step}: {error}");
        assert!(!error.contains('\u{1b}'), "{step}: {error:?}");
    }
}

#[test]
fn secrets_go_to_the_server_and_nowhere_else() {
    let other = Web::start(None, "");
    let web = Web::start(None, &format!("http://localhost:{}", other.port));
    let headers = "headers: { X-Token: '{{ secrets.token }}' }, user: app, password: '{{ secrets.token }}'";
    let ran = case(&format!("http: {{ url: 'http://WEB/over?t={{{{ secrets.token }}}}', {headers} }}"), &web)
        .apply(&["-v"])
        .exits(0);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary of the web"));
    let first = &web.asked()[0];
    assert_eq!(
        (&first[1], &first[2]["x-token"]),
        (&json!("/over?t=canary%20of%20the%20web"), &json!("canary of the web"))
    );
    assert_eq!(first[2]["authorization"], "Basic YXBwOmNhbmFyeSBvZiB0aGUgd2Vi");
    // Another origin is not told what was meant for the first.
    let second = &other.asked()[0];
    assert_eq!((second[2].get("x-token"), second[2].get("authorization")), (None, None), "{second}");
}

#[test]
fn tls_is_verified_and_not_left() {
    let authority = Authority::new();
    let web = Web::start(Some(&authority), "");
    let rows = [
        ("localhost", "/json", true, 0, ""),
        ("localhost", "/json", false, 4, "does not verify"),
        ("127.0.0.1", "/json", true, 4, "does not verify"),
        ("localhost", "/down", true, 1, "redirects from https to http, which is not followed"),
    ];
    for (host, path, known, status, told) in rows {
        let mut case = case(&format!("http: {{ url: 'https://{host}:{}{path}' }}", web.port), &web);
        if known {
            case = case.env("SSL_CERT_FILE", &authority.ca().display().to_string());
        }
        let ran = case.apply(&[]);
        assert_eq!(
            (ran.status, end(&ran)["error"]["message"].as_str().unwrap_or("").contains(told)),
            (status, true),
            "{host}{path}: {}",
            ran.stdout
        );
    }
}

#[test]
fn a_body_is_saved_whole_in_bounded_memory() {
    let web = Web::start(None, "");
    let case = case("http: { url: 'http://WEB/huge', save: kept/huge.bin }", &web);
    let first = end(&case.apply(&[]).exits(0));
    assert_eq!((&first["outcome"], &first["result"]["size"]), (&json!("changed"), &json!(40 << 20)));
    let size = std::fs::metadata(case.path("kept/huge.bin")).expect("the file").len();
    assert_eq!(size, 40 << 20);
    assert_eq!(end(&case.apply(&[]).exits(0))["outcome"], "ok");
    // A body that is cut leaves the old file.
    let text = case.read("play.yml").replace("/huge'", "/cut'");
    let case = case.file("play.yml", &text);
    case.apply(&[]).exits(3);
    let entries: Vec<_> =
        std::fs::read_dir(case.path("kept")).expect("the folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!((entries.len(), std::fs::metadata(case.path("kept/huge.bin")).expect("the file").len()), (1, 40 << 20));
}

#[test]
fn a_gate_waits_for_an_answer() {
    let web = Web::start(None, "");
    let rows = [
        ("http: { url: 'http://WEB/slowly-up' }\n  retries: 5\n  delay: 10ms", 0),
        ("http: { url: 'http://WEB/json' }\n  until: result.json.n >= 3\n  retries: 5\n  delay: 10ms", 0),
        ("http: { url: 'http://WEB/slowly-up?x' }\n  until: result.json.up\n  retries: 1\n  delay: 10ms", 1),
    ];
    for (step, status) in rows {
        case(step, &web).apply(&[]).exits(status);
    }
    let count = |path: &str| web.asked().iter().filter(|asked| asked[1] == path).count();
    assert_eq!((count("/slowly-up"), count("/json")), (3, 3));
    // `--check` looks with what only reads, and acts with nothing.
    let before = web.asked().len();
    case("http: { url: 'http://WEB/created', method: POST }", &web).apply(&["--check"]).exits(0);
    assert_eq!(web.asked().len(), before);
    let each = "http: { url: 'http://WEB/json?{{ inventory_hostname }}' }\n  each_host: true";
    let text = case(each, &web).read("play.yml").replace("steps:", "hosts: all\nsteps:");
    Case::playbook(&text).env("TOKEN", "canary of the web").apply(&["-i", "a,b,"]).exits(0);
    assert_eq!((count("/json?a"), count("/json?b")), (1, 1));
}
