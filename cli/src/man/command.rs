//! `duyet man`: manual pages in the chosen language, from the same definitions as the help. Without `--dir` it prints
//! one page; with `--dir` it writes one file per command, for packages.

use std::{fs, io, path::Path};

use clap::{Command, CommandFactory as _};
use clap_mangen::{Man, roff::Roff};

use super::sections;
use crate::{
    args::{Cli, ManArgs},
    exit::{Exit, Failure},
    help,
    output::Output,
};
use duyet_locale::Locale;

pub(crate) fn run(output: &Output, args: &ManArgs) -> Result<Exit, Failure> {
    if let Some(dir) = &args.dir {
        let files = write_all(dir, output.locale).map_err(|error| {
            let values = [("path", dir.display().to_string().into()), ("error", error.to_string().into())];
            Failure::new(Exit::Failed, output.locale.text_with("cli-man-not-written", &values))
        })?;
        output.data(&files.join("\n"))?;
        return Ok(Exit::Done);
    }
    let pages = pages(output.locale);
    let wanted = args.page.as_ref().map_or_else(|| "duyet".to_owned(), |page| format!("duyet-{page}"));
    let Some((_, text)) = pages.into_iter().find(|(name, _)| *name == wanted) else {
        let values = [("command", args.page.as_deref().unwrap_or_default().into())];
        return Err(Failure::new(Exit::Usage, output.locale.text_with("cli-man-unknown", &values)));
    };
    output.data(text.trim_end())?;
    Ok(Exit::Done)
}

fn write_all(dir: &Path, locale: Locale) -> io::Result<Vec<String>> {
    fs::create_dir_all(dir)?;
    let mut files = vec![];
    for (name, text) in pages(locale) {
        let path = dir.join(format!("{name}.1"));
        fs::write(&path, text)?;
        files.push(path.display().to_string());
    }
    Ok(files)
}

/// Returns every page with its name, the program's own first.
fn pages(locale: Locale) -> Vec<(String, String)> {
    let mut root = help::translate(Cli::command(), locale);
    // The section about the environment describes this variable.
    root = root.mut_args(|arg| arg.hide_env(true));
    root.build();
    let commands = root.get_subcommands().map(|command| page(command, &root, locale)).collect::<Vec<_>>();
    std::iter::once(page(&root, &root, locale)).chain(commands).collect()
}

fn page(command: &Command, root: &Command, locale: Locale) -> (String, String) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let source = format!("duyet {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual(locale.text("man-manual"));
    let mut parts = [
        // An empty date must remain an argument of its own, or the following arguments shift.
        rendered(|text| man.render_title(text)).replace(" 1  ", " 1 \"\" "),
        headed(&rendered(|text| man.render_name_section(text)), "man-name", locale),
        headed(&rendered(|text| man.render_synopsis_section(text)), "man-synopsis", locale),
        headed(&rendered(|text| man.render_description_section(text)), "man-description", locale),
        rendered(|text| man.render_options_section(text)),
    ]
    .concat();
    let is_root = command.has_subcommands();
    if is_root {
        parts += &headed(&rendered(|text| man.render_subcommands_section(text)), "man-commands", locale);
    }
    let mut own = Roff::new();
    sections::add(&mut own, command, root, locale);
    // Each section is rendered with the same preamble; the title already has it.
    (name, parts + &body(&own.render()))
}

fn rendered(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut text = vec![];
    // Writing to memory cannot fail.
    let _ = render(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Replaces the heading of a section by its translation.
fn headed(section: &str, key: &str, locale: Locale) -> String {
    let text = body(section);
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    let mut heading = Roff::new();
    heading.control("SH", [locale.text(key).to_uppercase().as_str()]);
    format!("{}{rest}", body(&heading.render()))
}

fn body(section: &str) -> String {
    section.find(".SH").map(|at| section[at..].to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_in_both_languages() {
        let commands =
            Cli::command().get_subcommands().map(|one| format!("duyet-{}", one.get_name())).collect::<Vec<_>>();
        for locale in [Locale::Vi, Locale::En] {
            let pages = pages(locale);
            let names = pages.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            assert_eq!(names, [vec!["duyet".to_owned()], commands.clone()].concat());
            for (name, text) in &pages {
                let heading = |key: &str| format!(".SH \"{}\"", locale.text(key).to_uppercase());
                let bare = |key: &str| format!(".SH {}\n", locale.text(key).to_uppercase());
                for key in ["man-name", "man-synopsis", "man-exit-status", "man-environment", "man-see-also"] {
                    assert!(text.contains(&heading(key)) || text.contains(&bare(key)), "{name} {key}: {text}");
                }
                assert!(!text.contains("man-") || text.contains("duyet\\-"), "{name}: {text}");
            }
        }
    }

    #[test]
    fn the_first_page_lists_the_commands_and_each_page_has_an_example() {
        let pages = pages(Locale::En);
        let find = |wanted: &str| pages.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
        let first = find("duyet");
        assert!(first.contains("duyet\\-undo(1)") && first.contains("DUYET_TOKEN_FILE"), "{first}");
        assert!(find("duyet-bulk").contains("EXAMPLES") && find("duyet-ban").contains("EXAMPLES"));
        assert!(first.matches(".SH OPTIONS").count() + first.matches(".SH ARGUMENTS").count() == 1, "{first}");
    }
}
