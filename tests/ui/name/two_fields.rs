use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    first: bool,
    #[search_space(rename = "first")]
    second: bool,
}

#[derive(SearchSpace)]
struct Fixed {
    #[search_space(fixed = 3, rename = "depth")]
    levels: u32,
    #[search_space(range = 1..=9)]
    depth: u32,
}

fn main() {}
