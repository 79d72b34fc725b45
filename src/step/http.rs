//! `http`: one request, and its answer.

use std::io::Write as _;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::put::digest;
use super::saved::Saved;
use super::{Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, Step, StepType, Subject, Verdict};
use crate::connection::http::{Answer, Request, is_safe};
use crate::event::Class;
use crate::secret::Secret;
use crate::template::Sink;
use crate::text::visible;

/// Longer bodies are not kept in a result.
const LONGEST: usize = 16 << 20;

/// So much of a body is shown where its status is not wanted.
const SHOWN: usize = 200;

/// The row of `http`.
pub static TYPE: StepType = StepType {
    name: "http",
    summary: "Sends an HTTP request.",
    example: r#"- name: The service is healthy
  http: { url: "http://127.0.0.1:8080/health" }
  retries: 10
  delay: 3s
  until: result.json.status == 'up'
- http:
    url: https://hooks.example.com/deploys
    method: POST
    body: { text: deployed }
    status: [200, 202]
"#,
    runs: Runs::Service,
    shape: Shape::Record(FIELDS),
    results: &[
        Field::new("status", Shape::Integer { min: 100, max: 999 }, "The status code."),
        Field::new("headers", Shape::Map(&Shape::Text(Sink::Plain)), "Headers by their names in small letters."),
        Field::new("body", Shape::Text(Sink::Plain), "The body as text; not with `save`."),
        Field::new("body_base64", Shape::Text(Sink::Plain), "The body as it came, where it is not UTF-8."),
        Field::new("json", Shape::Any(Sink::Plain), "The body as a value, where it is JSON."),
        Field::new("dest", Shape::Text(Sink::Plain), "With `save`: where it is kept, from the root."),
        Field::new("size", Shape::Integer { min: 0, max: i64::MAX }, "Bytes of the body."),
    ],
    subject: Subject::Of(&["url"]),
    build,
    ..StepType::DEFAULT
};

const CODE: Shape = Shape::Integer { min: 100, max: 599 };

const FIELDS: &[Field] = &[
    Field::new("url", Shape::Text(Sink::Url), "Where to: `http:` is clear text, `https:` is verified.").required(),
    Field::new("method", Shape::Choice(&["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]), "The method.")
        .default("GET"),
    Field::new("status", Shape::OneOf(&[Shape::List(&CODE), CODE]), "The status codes that are well.")
        .default("any from 200 to 299"),
    Field::new("headers", Shape::Map(&Shape::Text(Sink::Payload)), "Headers to send."),
    Field::new("body", Shape::Any(Sink::Payload), "A text as it is, anything else as JSON."),
    Field::new("user", Shape::Text(Sink::Payload), "Logs in with Basic authentication."),
    Field::new("password", Shape::Text(Sink::Payload), "The password of `user`."),
    Field::new(
        "save",
        Shape::Text(Sink::Path),
        "Keeps the body in this file, relative to the playbook, in place of the result.",
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    url: String,
    method: Option<String>,
    status: Option<Codes>,
    #[serde(default)]
    headers: IndexMap<String, String>,
    body: Option<Value>,
    user: Option<String>,
    password: Option<String>,
    save: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Codes {
    Many(Vec<u16>),
    One(u16),
}

struct Http {
    request: Request,
    wanted: Vec<u16>,
    save: Option<String>,
}

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    let params: Params = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let url = address(&params.url)?;
    let method = params.method.unwrap_or_else(|| "GET".to_owned());
    if params.body.is_some() && matches!(&*method, "GET" | "HEAD") {
        return Err(format!("{method} takes no `body`; say `method: POST`"));
    }
    let login = match (params.user, params.password) {
        (Some(user), password) => Some((user, Secret::new(password.unwrap_or_default()))),
        (None, Some(_)) => return Err("`password` without `user`".to_owned()),
        (None, None) => None,
    };
    let mut headers: Vec<_> = params.headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    let has = |headers: &[(String, Secret)], name: &str| headers.iter().any(|(had, _)| had.eq_ignore_ascii_case(name));
    if login.is_some() && has(&headers, "authorization") {
        return Err("`user` and the header `Authorization` contradict each other".to_owned());
    }
    let body = params.body.map(|body| match body {
        Value::String(text) => Bytes::from(text),
        value => {
            if !has(&headers, "content-type") {
                headers.push(("content-type".to_owned(), Secret::new("application/json")));
            }
            Bytes::from(value.to_string())
        }
    });
    let wanted = match params.status {
        Some(Codes::Many(codes)) => codes,
        Some(Codes::One(code)) => vec![code],
        None => Vec::new(),
    };
    Ok(Box::new(Http { request: Request { method, url, headers, login, body }, wanted, save: params.save }))
}

/// The URL, without user and password: those have parameters of their own, and a URL is shown.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`url` cannot be read: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("`url` must begin with `http://` or `https://` and name a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("`url` may hold no password; give `user` and `password`".to_owned());
    }
    Ok(url)
}

impl Http {
    /// The request in a line; what is behind `?` may be long.
    fn words(&self) -> String {
        let mut url = self.request.url.clone();
        url.set_query(None);
        format!("{} {url}", self.request.method)
    }

    fn is_wanted(&self, status: u16) -> bool {
        if self.wanted.is_empty() { (200..300).contains(&status) } else { self.wanted.contains(&status) }
    }

    /// The body in the result.
    async fn keep(&self, answer: &mut Answer, cx: &Context, result: &mut Results) -> Result<(), Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk(&cx.cancel).await.map_err(|error| cx.failure(error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                let text =
                    format!("the body of {} is too large to keep: more than {} MiB", self.words(), LONGEST >> 20);
                return Err(Failure::failed(text).hint("`save: PATH` keeps it in a file"));
            }
        }
        result.insert("size".to_owned(), body.len().into());
        let claims = answer.header("content-type").is_some_and(is_json);
        let parsed = serde_json::from_slice::<Value>(&body);
        let wrong = parsed.as_ref().err().filter(|_| claims && !body.is_empty()).map(ToString::to_string);
        if let Ok(value) = parsed {
            result.insert("json".to_owned(), value);
        }
        match String::from_utf8(body) {
            Ok(text) => result.insert("body".to_owned(), text.into()),
            Err(error) => {
                use base64::Engine as _;
                let encoded = base64::engine::general_purpose::STANDARD.encode(error.as_bytes());
                result.insert("body".to_owned(), String::from_utf8_lossy(error.as_bytes()).into());
                result.insert("body_base64".to_owned(), encoded.into())
            }
        };
        match wrong {
            Some(why) if self.is_wanted(answer.status) => {
                let text = format!("{} says that its body is JSON, and it is not: {why}", answer.peer());
                Err(Failure::failed(text).result(result.clone()))
            }
            _ => Ok(()),
        }
    }

    /// The body in a file; whether that is different now.
    async fn store(
        &self,
        path: &str,
        answer: &mut Answer,
        cx: &Context,
        result: &mut Results,
    ) -> Result<bool, Failure> {
        let dest = cx.folder.join(path);
        let dest = std::path::absolute(&dest).unwrap_or(dest);
        let failed = Failure::failed;
        let old = sum(&dest).await;
        let mut file = Saved::new(dest.clone()).map_err(failed)?;
        let (mut size, total) = (0, answer.length());
        while let Some(chunk) = answer.chunk(&cx.cancel).await.map_err(|error| cx.failure(error))? {
            file.write_all(&chunk).map_err(|error| failed(file.told(&error)))?;
            size += chunk.len() as u64;
            cx.progress.moved(size, total);
        }
        let finished = tokio::task::spawn_blocking(move || file.finish()).await;
        finished.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
        result.insert("size".to_owned(), size.into());
        result.insert("dest".to_owned(), dest.display().to_string().into());
        Ok(old.is_none() || old != sum(&dest).await)
    }

    fn unwanted(&self, answer: &Answer, result: Results) -> Failure {
        let said: String =
            result.get("body").and_then(Value::as_str).unwrap_or("").trim().chars().take(SHOWN).collect();
        let said = if said.is_empty() { said } else { format!(": {}", visible(&said)) };
        let failure = Failure::failed(format!("{} answered {}{said}", self.words(), answer.words())).result(result);
        match self.wanted.as_slice() {
            [] => failure,
            wanted => {
                failure.hint(format!("wanted: {}", wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")))
            }
        }
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or("").trim().to_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

async fn sum(path: &std::path::Path) -> Option<String> {
    let path = PathBuf::from(path);
    tokio::task::spawn_blocking(move || digest(&path).ok().map(|(sha256, _)| sha256)).await.ok().flatten()
}

/// The answer's status and headers; of equal names the values are joined (RFC 9110, 5.3).
fn head(answer: &Answer) -> Results {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        let joined = match headers.get(name).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        headers.insert(name.clone(), joined.into());
    }
    Results::from_iter([("status".to_owned(), answer.status.into()), ("headers".to_owned(), headers.into())])
}

#[async_trait]
impl Step for Http {
    fn class(&self) -> Class {
        if is_safe(&self.request.method) { Class::Read } else { Class::Action }
    }

    fn access(&self) -> Access {
        Access { reads: Vec::new(), writes: self.save.iter().map(|path| format!("local:{path}")).collect() }
    }

    async fn check(&self, _: &Context) -> Result<Finding, Failure> {
        Ok(Finding::new(Verdict::Act, self.words()))
    }

    async fn apply(&self, cx: &Context, _: Option<Finding>) -> Result<Done, Failure> {
        let http = cx.pool.http().await.map_err(|error| cx.failure(error))?;
        let sent = http.send(self.request.clone(), &cx.cancel).await;
        let mut answer = sent.map_err(|error| cx.failure(error))?;
        let mut result = head(&answer);
        let wanted = self.is_wanted(answer.status);
        let mut changed = self.class() == Class::Action;
        match &self.save {
            Some(path) if wanted => changed |= self.store(path, &mut answer, cx, &mut result).await?,
            _ => self.keep(&mut answer, cx, &mut result).await?,
        }
        if wanted { Ok(Done { changed, result }) } else { Err(self.unwanted(&answer, result)) }
    }
}
