use hpo_core::SearchSpace;

fn depth(_: &Config) -> u32 { 3 }
#[derive(SearchSpace)]
#[search_space(constraint = depth)]
struct Config {
    flag: bool,
}

fn main() {}
