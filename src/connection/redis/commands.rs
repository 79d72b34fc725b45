//! What is known of Redis commands by name: which only read, and which cannot run on a connection that is shared.

use crate::connection::{ConnectionError, Stage};

/// Commands that change nothing, in upper case.
const READS: &[&str] = &[
    "BITCOUNT",
    "BITFIELD_RO",
    "BITPOS",
    "COMMAND",
    "DBSIZE",
    "DUMP",
    "ECHO",
    "EVALSHA_RO",
    "EVAL_RO",
    "EXISTS",
    "EXPIRETIME",
    "FCALL_RO",
    "GEODIST",
    "GEOHASH",
    "GEOPOS",
    "GEORADIUSBYMEMBER_RO",
    "GEORADIUS_RO",
    "GEOSEARCH",
    "GET",
    "GETBIT",
    "GETRANGE",
    "HEXISTS",
    "HGET",
    "HGETALL",
    "HKEYS",
    "HLEN",
    "HMGET",
    "HRANDFIELD",
    "HSCAN",
    "HSTRLEN",
    "HVALS",
    "INFO",
    "KEYS",
    "LASTSAVE",
    "LCS",
    "LINDEX",
    "LLEN",
    "LOLWUT",
    "LPOS",
    "LRANGE",
    "MGET",
    "OBJECT",
    "PEXPIRETIME",
    "PFCOUNT",
    "PING",
    "PTTL",
    "PUBSUB",
    "RANDOMKEY",
    "ROLE",
    "SCAN",
    "SCARD",
    "SDIFF",
    "SINTER",
    "SINTERCARD",
    "SISMEMBER",
    "SMEMBERS",
    "SMISMEMBER",
    "SORT_RO",
    "SRANDMEMBER",
    "SSCAN",
    "STRLEN",
    "SUBSTR",
    "SUNION",
    "TIME",
    "TTL",
    "TYPE",
    "XINFO",
    "XLEN",
    "XPENDING",
    "XRANGE",
    "XREAD",
    "XREVRANGE",
    "ZCARD",
    "ZCOUNT",
    "ZDIFF",
    "ZINTER",
    "ZINTERCARD",
    "ZLEXCOUNT",
    "ZMSCORE",
    "ZRANDMEMBER",
    "ZRANGE",
    "ZRANGEBYLEX",
    "ZRANGEBYSCORE",
    "ZRANK",
    "ZREVRANGE",
    "ZREVRANGEBYLEX",
    "ZREVRANGEBYSCORE",
    "ZREVRANK",
    "ZSCAN",
    "ZSCORE",
    "ZUNION",
];

/// Commands of which only some forms read.
const READING_FORMS: &[(&str, &str)] = &[
    ("ACL", "GETUSER"),
    ("ACL", "LIST"),
    ("ACL", "WHOAMI"),
    ("CLIENT", "GETNAME"),
    ("CLIENT", "ID"),
    ("CLIENT", "INFO"),
    ("CLIENT", "LIST"),
    ("CLUSTER", "INFO"),
    ("CLUSTER", "NODES"),
    ("CONFIG", "GET"),
    ("LATENCY", "LATEST"),
    ("MEMORY", "STATS"),
    ("MEMORY", "USAGE"),
    ("SLOWLOG", "GET"),
    ("SLOWLOG", "LEN"),
];

const SUBSCRIBING: &[&str] =
    &["MONITOR", "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUBSCRIBE", "SUNSUBSCRIBE", "UNSUBSCRIBE"];

const BLOCKING: &[&str] =
    &["BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "WAIT", "WAITAOF"];

const TRANSACTIONS: &[&str] = &["DISCARD", "EXEC", "MULTI", "UNWATCH", "WATCH"];

const STATE: &[&str] =
    &["ASKING", "AUTH", "HELLO", "PSYNC", "QUIT", "READONLY", "READWRITE", "REPLCONF", "RESET", "SELECT", "SYNC"];

/// Whether a command of this name only reads, whatever its arguments are.
pub fn is_read_command(name: &str) -> bool {
    READS.contains(&name.to_ascii_uppercase().as_str())
}

/// Whether this command only reads.
pub(super) fn is_read(args: &[String]) -> bool {
    let [name, form, ..] = args else { return args.first().is_some_and(|name| is_read_command(name)) };
    let (name, form) = (name.to_ascii_uppercase(), form.to_ascii_uppercase());
    is_read_command(&name) || READING_FORMS.contains(&(name.as_str(), form.as_str()))
}

/// Refuses what would disturb the other steps on the connection.
pub(super) fn refuse(args: &[String]) -> Result<(), ConnectionError> {
    let name = args.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
    let second = args.get(1).map(|form| form.to_ascii_uppercase()).unwrap_or_default();
    let has = |word: &str| args.iter().any(|arg| arg.eq_ignore_ascii_case(word));
    let hint = match name.as_str() {
        name if SUBSCRIBING.contains(&name) => "use a `subscribe` step",
        name if BLOCKING.contains(&name) => "use the form that does not block, with `until` and `retries`",
        "XREAD" | "XREADGROUP" if has("BLOCK") => "leave BLOCK out, and use `until` and `retries`",
        name if TRANSACTIONS.contains(&name) => "use EVAL with a script: it runs as one",
        name if STATE.contains(&name) => "user, password and database belong into the connection's URL",
        "CLIENT" if matches!(second.as_str(), "REPLY" | "TRACKING" | "CACHING" | "SETNAME" | "NO-TOUCH") => {
            "it would change the connection for the steps after this one"
        }
        _ => return Ok(()),
    };
    let text = format!("`{name}` cannot run here: all steps share the connection");
    Err(ConnectionError::new(Stage::Answered, text).hint(hint))
}
