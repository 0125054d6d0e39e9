use proptest::prelude::*;

use super::*;

fn server(text: &str) -> ServerAddress {
    match DatabaseAddress::parse(text) {
        Ok(DatabaseAddress::MySql(server) | DatabaseAddress::Postgres(server)) => server,
        other => panic!("{other:?}"),
    }
}

fn shown(text: &str) -> String {
    DatabaseAddress::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

#[test]
fn every_form_is_read_and_shown_without_its_password() {
    for (text, expected) in [
        ("mysql://root:pw@db:3307/oneapi", "mysql://root:***@db:3307/oneapi"),
        ("mariadb://root@db/oneapi", "mysql://root@db:3306/oneapi"),
        ("mysql://root:pw@tcp(db:3306)/oneapi", "mysql://root:***@db:3306/oneapi"),
        ("root:pw@tcp(db)/oneapi?charset=utf8mb4&parseTime=True&loc=Local", "mysql://root:***@db:3306/oneapi"),
        ("root:pw@tcp([::1]:3307)/oneapi", "mysql://root:***@[::1]:3307/oneapi"),
        ("root:pw@/oneapi", "mysql://root:***@127.0.0.1:3306/oneapi"),
        ("root:pw@unix(/run/mysqld/mysqld.sock)/oneapi", "mysql://root:***@unix(/run/mysqld/mysqld.sock)/oneapi"),
        ("postgres://pg:pw@db/newapi", "postgres://pg:***@db:5432/newapi"),
        ("postgres://pg@%2Frun%2Fpostgresql/newapi", "postgres://pg@unix(/run/postgresql)/newapi"),
        ("postgresql://pg:p%40w@[::1]:5433/newapi?sslmode=disable", "postgres://pg:***@[::1]:5433/newapi"),
        ("postgres://pg@localhost/newapi?host=/run/postgresql", "postgres://pg@unix(/run/postgresql)/newapi"),
        (
            "host=db user=pg password='p w' dbname=newapi port=5433 TimeZone=Asia/Shanghai",
            "postgres://pg:***@db:5433/newapi",
        ),
        ("sqlite:/data/one-api.db", "sqlite:/data/one-api.db"),
        ("sqlite://data/one-api.db", "sqlite:data/one-api.db"),
        ("/data/one-api.db?_busy_timeout=5000", "sqlite:/data/one-api.db"),
        ("one-api.db", "sqlite:one-api.db"),
        ("sqlite:C:/data/one-api.db", "sqlite:C:/data/one-api.db"),
        ("sqlite:///C:/data/one-api.db", "sqlite:C:/data/one-api.db"),
        (r"D:\data\one-api.db", r"sqlite:D:\data\one-api.db"),
        ("file:one-api.db?cache=shared", "sqlite:one-api.db"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn parts_come_out_as_they_went_in() {
    let go = server("root:a:b@c/d@tcp(db:3306)/one?tls=skip-verify");
    assert_eq!((go.user.as_str(), go.password.expose(), go.tls), ("root", "a:b@c/d", Tls::RequiredUnverified));
    assert_eq!(server("root:pw@tcp(db)/one").tls, Tls::Off);
    assert_eq!(server("root:pw@tcp(db)/one?tls=true").tls, Tls::Verified);
    let url = server("mysql://u:p%2F%40%25@h/d?ssl-mode=VERIFY_IDENTITY");
    assert_eq!((url.password.expose(), url.tls), ("p/@%", Tls::Verified));
    let keywords = server(r"user=pg host = db password='it\'s \\ here' dbname=x sslmode=require");
    assert_eq!(keywords.password.expose(), r"it's \ here");
    assert_eq!((keywords.host.as_str(), keywords.tls), ("db", Tls::RequiredUnverified));
}

#[test]
fn what_is_no_address_is_refused_without_showing_it() {
    for text in [
        "",
        "YOUR_DB_DSN_canary",
        "local",
        "root:canary@db:3306/oneapi",
        "root:canary@tcp(db:99999)/oneapi",
        "root:canary@tcp(db:3306)/",
        "root:canary@tcp(db:3306)/x?tls=canary",
        "mysql://root:canary/x@db/oneapi",
        "mysql://root:canary#1@db/oneapi",
        "mysql://root:canary@db",
        "postgres://root:canary@db:port/x",
        "sqlserver://sa:canary@db:1433?database=oneapi",
        "host=db password=canary",
        "host=db password='canary dbname=x",
        "host=db port=canary dbname=x",
        "sqlite:",
        "oracle://root:canary@db/x",
    ] {
        let error = DatabaseAddress::parse(text).expect_err(text);
        assert!(!error.contains("canary"), "{text}: {error}");
        assert!(error.len() > 20, "{error}");
    }
    assert!(DatabaseAddress::parse("sqlserver://sa@db").unwrap_err().contains("not supported"));
}

#[test]
fn the_same_database_is_known_by_any_account() {
    let same =
        |a: &str, b: &str| DatabaseAddress::parse(a).unwrap().is_same_database(&DatabaseAddress::parse(b).unwrap());
    assert!(same("root:pw@tcp(DB:3306)/x", "mysql://other:pw@db/x"));
    assert!(!same("mysql://root@db/x", "mysql://root@db/y"));
    assert!(!same("mysql://root@db/x", "postgres://root@db/x"));
    assert!(same("./a.db", "sqlite:a.db") && !same("a.db", "b.db"));
}

proptest! {
    #[test]
    fn a_hostile_password_survives_gos_form(
        user in "[a-z_][a-z0-9_.-]{0,12}",
        password in "[ -~é中]{0,24}",
        host in "[a-z][a-z0-9.-]{0,15}",
        port in 1u16..,
        database in "[a-zA-Z_][a-zA-Z0-9_-]{0,15}",
    ) {
        prop_assume!(!password.starts_with("//"));
        let read = server(&format!("{user}:{password}@tcp({host}:{port})/{database}?charset=utf8mb4"));
        prop_assert_eq!(read, ServerAddress {
            host, port, user, database, password: Secret::new(password), socket: None, tls: Tls::Off,
        });
    }

    #[test]
    fn no_text_makes_it_panic_or_leak_a_password(text in "[ -~]{0,40}") {
        if let Ok(address) = DatabaseAddress::parse(&format!("root:canary{text}canary@tcp(h:1)/d")) {
            prop_assert!(!address.to_string().contains("canary"));
        }
        let _ = DatabaseAddress::parse(&text).map(|address| address.to_string());
    }
}
