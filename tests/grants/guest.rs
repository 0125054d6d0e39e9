//! A database user that has what the document grants, and nothing else.

use std::sync::Arc;

use channelwarden::config::DatabaseAddress;
use channelwarden::gateway::{Database, Gateway, GatewayError};
use sqlx::{AssertSqlSafe, Connection as _};
use url::Url;

use crate::databases::{Db, Engine};
use crate::document::{Title, block, renamed};
use crate::gateways::Schema;

pub(crate) const SERVERS: [Engine; 2] = [Engine::MySql, Engine::Postgres];
const PASSWORD: &str = "canary-password";
pub(crate) const ANOTHER: &str = "canary-another";

pub(crate) struct Guest {
    pub(crate) db: Arc<Db>,
    schema: Schema,
    /// Also the name of its database.
    name: String,
}

impl Guest {
    /// In a database whose operator has left nothing to everybody.
    pub(crate) async fn of(db: &Arc<Db>, schema: Schema) -> Self {
        let name = db.address().rsplit('/').next().unwrap().to_owned();
        if db.engine == Engine::Postgres {
            let to_nobody =
                format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC");
            db.run(&to_nobody).await;
        }
        let guest = Self { db: Arc::clone(db), schema, name };
        guest.given(&[Title::User]).await;
        guest
    }

    /// Over fresh tables of a gateway, with those beside the channels.
    pub(crate) async fn new(engine: Engine, schema: Schema) -> Self {
        let db = Arc::new(Db::create(engine, schema).await);
        db.make_records(schema).await;
        Self::of(&db, schema).await
    }

    /// A block of the document with the names of this test.
    pub(crate) fn block(&self, title: Title) -> String {
        let text = block(self.db.engine, self.schema, title)
            .replace("'172.%'", "'127.0.0.1'")
            .replace("'PASSWORD'", &format!("'{PASSWORD}'"))
            .replace("'ANOTHER_PASSWORD'", &format!("'{ANOTHER}'"));
        let user = format!("{}_guest", self.name);
        renamed(&text, &[("oneapi", &self.name), ("channelwarden", &user)])
    }

    /// The administrator runs these blocks.
    pub(crate) async fn given(&self, titles: &[Title]) {
        for title in titles {
            self.db.run(&self.block(*title)).await;
        }
    }

    pub(crate) fn address(&self) -> String {
        self.address_with(PASSWORD)
    }

    pub(crate) fn address_with(&self, password: &str) -> String {
        let mut url = Url::parse(&self.db.address()).unwrap();
        url.set_username(&format!("{}_guest", self.name)).unwrap();
        url.set_password(Some(password)).unwrap();
        url.to_string()
    }

    /// Our own eyes and hands.
    pub(crate) async fn open(&self) -> Result<Database, GatewayError> {
        Database::open("main", &DatabaseAddress::parse(&self.address()).unwrap(), None, "salt").await
    }

    pub(crate) async fn gateway(&self) -> Gateway {
        Gateway::of("main", Some(self.open().await.unwrap()), None, None).unwrap()
    }

    /// A statement as the guest, which has no effect; what the server says to it.
    pub(crate) async fn attempt(&self, sql: &str) -> Result<(), String> {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = if self.db.engine == Engine::MySql {
            let mut connection = sqlx::MySqlConnection::connect(&self.address()).await.unwrap();
            let mut tx = connection.begin().await.unwrap();
            sqlx::raw_sql(sql).execute(&mut *tx).await.map(drop)
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.address()).await.unwrap();
            let mut tx = connection.begin().await.unwrap();
            sqlx::raw_sql(sql).execute(&mut *tx).await.map(drop)
        };
        done.map_err(|error| error.to_string())
    }
}
