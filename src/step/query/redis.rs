//! One command on Redis.

use async_trait::async_trait;
use serde_json::Value;

use crate::connection::Kind;
use crate::event::Class;
use crate::step::{Context, Done, Failure, FailureKind, Finding, Results, Step, Verdict};

/// Commands that only look.
const LOOKING: [&str; 53] = [
    "GET",
    "MGET",
    "EXISTS",
    "TTL",
    "PTTL",
    "EXPIRETIME",
    "PEXPIRETIME",
    "KEYS",
    "SCAN",
    "HSCAN",
    "SSCAN",
    "ZSCAN",
    "HGET",
    "HMGET",
    "HGETALL",
    "HKEYS",
    "HVALS",
    "HLEN",
    "HEXISTS",
    "HSTRLEN",
    "LRANGE",
    "LINDEX",
    "LLEN",
    "LPOS",
    "SMEMBERS",
    "SISMEMBER",
    "SMISMEMBER",
    "SCARD",
    "SINTER",
    "SUNION",
    "SDIFF",
    "ZRANGE",
    "ZSCORE",
    "ZMSCORE",
    "ZRANK",
    "ZREVRANK",
    "ZCARD",
    "ZCOUNT",
    "ZRANGEBYSCORE",
    "TYPE",
    "STRLEN",
    "GETRANGE",
    "GETBIT",
    "BITCOUNT",
    "DBSIZE",
    "PING",
    "ECHO",
    "INFO",
    "TIME",
    "XLEN",
    "XRANGE",
    "XREVRANGE",
    "RANDOMKEY",
];
/// Commands that change what the shared connection means, or wait on it.
const REFUSED: [(&str, &str); 13] = [
    ("SUBSCRIBE", "use the `subscribe` step"),
    ("PSUBSCRIBE", "use the `subscribe` step"),
    ("SSUBSCRIBE", "use the `subscribe` step"),
    ("MONITOR", "it never ends"),
    ("MULTI", "the connection is shared; use a script (`EVAL`)"),
    ("EXEC", "the connection is shared; use a script (`EVAL`)"),
    ("WATCH", "the connection is shared; use a script (`EVAL`)"),
    ("SELECT", "name the database in the connection's URL"),
    ("BLPOP", "the connection is shared; use `LPOP` with `until`"),
    ("BRPOP", "the connection is shared; use `RPOP` with `until`"),
    ("BLMOVE", "the connection is shared; use `LMOVE` with `until`"),
    ("QUIT", "the connection lives to the end of the run"),
    ("CLIENT", "the connection is shared"),
];

pub(super) struct Command {
    connection: String,
    words: Vec<String>,
    name: String,
}

impl Command {
    pub fn new(connection: String, args: &[Value]) -> Result<Self, String> {
        let words: Vec<String> = args.iter().map(word).collect::<Result<_, _>>()?;
        let Some(first) = words.first().filter(|first| !first.is_empty()) else {
            return Err("`command` is empty: write `[SET, key, value]`".to_owned());
        };
        let name = first.to_uppercase();
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Err(format!("the Redis command {name} is refused here: {why}"));
        }
        Ok(Self { connection, words, name })
    }

    /// The command for people, without what it stores.
    fn summary(&self) -> String {
        let key = self.words.get(1).map_or(String::new(), |key| format!(" {key}"));
        let more = if self.words.len() > 2 { " ..." } else { "" };
        format!("{}{key}{more} on {}", self.name, self.connection)
    }
}

fn word(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err("`command` takes texts and numbers; write a list or mapping `| to_json`".to_owned()),
    }
}

fn is_redis(cx: &Context, name: &str) -> Result<(), Failure> {
    let kind = cx.service(name)?.kind;
    if kind == Kind::Redis {
        return Ok(());
    }
    let text = format!("`command` is for Redis, and connection `{name}` is {}", kind.word());
    Err(Failure::failed(text).hint("write `sql`"))
}

#[async_trait]
impl Step for Command {
    fn class(&self) -> Class {
        if LOOKING.contains(&self.name.as_str()) { Class::Read } else { Class::Action }
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        is_redis(cx, &self.connection)?;
        let verdict = if self.class() == Class::Read { Verdict::Same } else { Verdict::Act };
        Ok(Finding::new(verdict, self.summary()))
    }

    async fn apply(&self, cx: &Context, _found: Option<Finding>) -> Result<Done, Failure> {
        is_redis(cx, &self.connection)?;
        let redis = cx.redis(&self.connection).await?;
        let value = redis.command(&self.words, &cx.cancel).await.map_err(|error| {
            let sent = error.sent;
            let mut failure = Failure::from(error);
            if let Some(reason) = cx.cancel.reason().filter(|_| !sent) {
                failure.kind = FailureKind::Stopped(reason);
            }
            failure
        })?;
        let result = Results::from_iter([("value".to_owned(), value)]);
        Ok(Done { changed: self.class() == Class::Action, result })
    }
}
