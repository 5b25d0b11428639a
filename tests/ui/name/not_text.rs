use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(rename = depth)]
    flag: bool,
}

fn main() {}
