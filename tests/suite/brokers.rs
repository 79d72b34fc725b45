//! Redis and RabbitMQ: connections, `publish` and `bind`, seen with redis-cli, amqp-tools, rabbitmqctl and rabbitmqadmin.

mod bench;
mod bind;
mod consume;
mod managed;
mod publish_amqp;
mod publish_redis;
mod refusals;
mod subscribe;
