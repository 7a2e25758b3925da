//! Plain tables for a terminal, a pipe or a braille line: aligned columns, two spaces apart, no lines, no colour.

/// A table with a heading row. Columns that are empty throughout are left out, as are control characters.
pub(super) fn table(headings: &[String], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], column: usize| row.get(column).map_or_else(String::new, |text| printable(text));
    let columns: Vec<(usize, usize)> = (0..headings.len())
        .filter(|&column| rows.iter().any(|row| !cell(row, column).is_empty()))
        .map(|column| {
            let widest = rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
            (column, widest.max(headings.get(column).map_or(0, |heading| heading.chars().count())))
        })
        .collect();
    std::iter::once(headings)
        .chain(rows.iter().map(Vec::as_slice))
        .map(|row| {
            let cells = columns.iter().map(|&(column, width)| format!("{:<width$}", cell(row, column)));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Lines of `Name: value`, the values aligned; pairs without a value are left out.
pub(super) fn facts(pairs: &[(String, Option<String>)]) -> String {
    let given: Vec<(&String, &String)> =
        pairs.iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value))).collect();
    let width = given.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 1;
    let line = |(name, value): &(&String, &String)| format!("{:<width$}  {}", format!("{name}:"), printable(value));
    given.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Foreign text on one line, without control characters (a description could hold terminal commands).
pub(super) fn printable(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let rows = [["7", "", "a\u{1b}[31m b"], ["107", "", "c"]].map(|row| row.map(str::to_owned).to_vec());
        let headings = ["Number", "Label", "About"].map(str::to_owned);
        assert_eq!(table(&headings, &rows), "Number  About\n7       a [31m b\n107     c");
    }
}
