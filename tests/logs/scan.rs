//! A log of millions of rows is read like one of a few: by its primary key.

use std::time::{Duration, Instant};

use channelwarden::model::GatewayKind;
use sqlx::Row as _;

use super::read::{now, open};
use crate::databases::{Db, Engine};
use crate::gateways::Schema;

/// Rows with ids from 1, by one statement.
async fn fill(db: &Db, rows: u32) {
    let rows = match db.engine {
        Engine::Sqlite => format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"),
        Engine::MySql => format!("WITH n(i) AS (SELECT seq FROM seq_1_to_{rows})"),
        Engine::Postgres => format!("WITH n(i) AS (SELECT generate_series(1, {rows}))"),
    };
    let insert =
        "INSERT INTO logs (id, created_at, type, channel_id, model_name, quota, prompt_tokens, completion_tokens)";
    let select = "SELECT i, 1700000000, 2, 1 + i % 100, 'model', 1, 1, 1 FROM n";
    // MySQL wants the names of a SELECT behind the INSERT.
    let sql = if db.engine == Engine::MySql {
        format!("{insert} {rows} {select}")
    } else {
        format!("{rows} {insert} {select}")
    };
    db.run(&sql).await;
}

#[tokio::test]
async fn each_engine_says_that_it_reads_by_the_primary_key() {
    for engine in Engine::ALL {
        let db = Db::create(engine, Schema::NewApi).await;
        db.make_logs(Schema::NewApi).await;
        fill(&db, 20_000).await;
        if engine != Engine::Sqlite {
            db.run(if engine == Engine::MySql { "ANALYZE TABLE logs" } else { "ANALYZE logs" }).await;
        }
        let logs = open(&db, GatewayKind::NewApi).await.unwrap();
        let [newest, after, these] = logs.statements();
        // The page in the middle: neither all rows nor none.
        let after =
            after.replacen('?', "10000", 1).replacen('?', "1000", 1).replace("$1", "10000").replace("$2", "1000");
        let these = these.replacen('?', "10000", 1).replace("$1", "10000");
        for sql in [newest, after, these] {
            let plan = explained(&db, &sql).await;
            let (by_key, never): (&[&str], &[&str]) = match engine {
                Engine::MySql => (
                    &["\"key\": \"PRIMARY\"", "Select tables optimized away"],
                    &["\"access_type\": \"ALL\"", "\"access_type\": \"index\"", "filesort"],
                ),
                Engine::Postgres => (&["using logs_pkey"], &["Seq Scan", "Sort"]),
                Engine::Sqlite => (&["USING INTEGER PRIMARY KEY", "SEARCH logs"], &["TEMP B-TREE", "SCAN"]),
            };
            assert!(by_key.iter().any(|way| plan.contains(way)), "{engine:?} {sql}\n{plan}");
            assert!(!never.iter().any(|way| plan.contains(way)), "{engine:?} {sql}\n{plan}");
        }
    }
}

async fn explained(db: &Db, sql: &str) -> String {
    if db.engine == Engine::Sqlite {
        let pool = sqlx::SqlitePool::connect(&db.address()).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::raw_sql(sql).fetch_all(&pool).await.unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        return steps.join("\n");
    }
    let format = if db.engine == Engine::MySql { "FORMAT=JSON " } else { "" };
    let rows = db.rows(&format!("EXPLAIN {format}{sql}")).await;
    rows.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn two_million_rows_are_read_like_two_thousand() {
    let mut took = vec![];
    for rows in [2_000, 2_000_000] {
        let db = Db::empty(Engine::Sqlite).await;
        db.run(
            "CREATE TABLE logs (id integer PRIMARY KEY AUTOINCREMENT, created_at bigint, type bigint, channel_id bigint,
               model_name text, quota bigint, prompt_tokens bigint, completion_tokens bigint)",
        )
        .await;
        fill(&db, rows).await;
        let mut times: Vec<Duration> = vec![];
        let mut read = 0;
        for _ in 0..5 {
            // As after a start: the newest id, and a page of a thousand.
            let mut logs = open(&db, GatewayKind::NewApi).await.unwrap();
            let started = Instant::now();
            let page = logs.read(now()).await.unwrap();
            times.push(started.elapsed());
            assert_eq!((page.witnessed.len(), page.more), (1000, true));
            read = page.last_id;
        }
        let look_back = i64::from(rows.min(20_000));
        assert_eq!(read, i64::from(rows) - look_back + 1000, "no further back than it must");
        times.sort();
        took.push(times[2]);
    }
    let ratio = took[1].as_secs_f64() / took[0].as_secs_f64();
    println!("a page of 1,000 rows out of 2,000: {:?}; out of 2,000,000: {:?}; ratio {ratio:.2}", took[0], took[1]);
    assert!(ratio < 4.0, "{took:?}");
}

#[tokio::test]
async fn after_a_long_pause_only_the_end_is_read() {
    let db = Db::create(Engine::Sqlite, Schema::NewApi).await;
    db.make_logs(Schema::NewApi).await;
    fill(&db, 50_000).await;
    let mut logs = open(&db, GatewayKind::NewApi).await.unwrap();
    logs.resume(1000);
    let (mut pages, mut rows) = (0, 0);
    loop {
        let page = logs.read(now()).await.unwrap();
        (pages, rows) = (pages + 1, rows + page.witnessed.len());
        if !page.more {
            assert_eq!(page.last_id, 50_000);
            break;
        }
    }
    assert_eq!((pages, rows), (21, 20_000), "and one page to see that it is the end");
}
