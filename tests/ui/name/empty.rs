use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(rename = "")]
    flag: bool,
}

fn main() {}
