use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    first: bool,
    #[search_space(rename = "first")]
    second: bool,
}

fn main() {}
