//! OpenMetrics as the older text format of Prometheus (0.0.4), which is what readers get that do not ask for another. Pure.
//!
//! The formats differ in the names that `# HELP` and `# TYPE` give (there a counter is called as its samples are), in the
//! types, and in the end mark (Prometheus, "Exposition formats"; OpenMetrics 1.0, "Text format").

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `text`: as `prometheus-client` writes it.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A family's help stands before its type, which decides its name.
    let mut help = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').map(|(_, words)| words);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (end, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                kind => ("", kind),
            };
            if let Some(help) = help.take() {
                out += &format!("# HELP {name}{end} {help}\n");
            }
            out += &format!("# TYPE {name}{end} {kind}\n");
        } else if !line.starts_with("# ") {
            out += line;
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_types_and_the_end_are_those_of_the_older_format() {
        let open = "# HELP cpu_seconds Time used.\n# TYPE cpu_seconds counter\n# UNIT cpu_seconds seconds\n\
                    cpu_seconds_total 1.5\n# HELP box_build The program.\n# TYPE box_build info\n\
                    box_build_info{version=\"1\"} 1\n# HELP t Heat.\n# TYPE t gauge\nt 2.0\n# EOF\n";
        let expected = "# HELP cpu_seconds_total Time used.\n# TYPE cpu_seconds_total counter\n\
                        cpu_seconds_total 1.5\n# HELP box_build_info The program.\n# TYPE box_build_info gauge\n\
                        box_build_info{version=\"1\"} 1\n# HELP t Heat.\n# TYPE t gauge\nt 2.0\n";
        assert_eq!(plain(open), expected);
    }
}
