//! Embeds the migrations of both dialects in the program: generates the list that `store/migrations.rs` includes.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=migrations");
    let mut list = String::new();
    for dialect in ["postgres", "sqlite"] {
        add(&mut list, dialect)?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}

/// Appends a constant with the version, description and SQL of each file in `migrations/<dialect>`. Files are named
/// `<version>_<description>.sql`.
fn add(list: &mut String, dialect: &str) -> Result<(), Box<dyn Error>> {
    let directory = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("migrations").join(dialect);
    let mut names = fs::read_dir(&directory)?
        .map(|file| Ok(file?.file_name().into_string().map_err(|name| format!("{}", name.display()))?))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    // Ignores other files, for example backups of editors.
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "sql"));
    names.sort();
    writeln!(list, "pub(super) const {}: &[(i64, &str, &str)] = &[", dialect.to_uppercase())?;
    for name in names {
        let parts = name.strip_suffix(".sql").filter(|stem| !stem.contains('.')).and_then(|stem| stem.split_once('_'));
        let (version, description) = parts.ok_or_else(|| format!("{name} is not <version>_<description>.sql"))?;
        let version: i64 = version.parse().map_err(|_| format!("{name} does not begin with a number"))?;
        let path = directory.join(&name);
        let path = path.to_str().ok_or("the path of the project is not UTF-8")?;
        // sqlx stores the description in this form.
        writeln!(list, "    ({version}, {:?}, include_str!({path:?})),", description.replace('_', " "))?;
    }
    writeln!(list, "];")?;
    Ok(())
}
