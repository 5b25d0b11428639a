use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(constraint = "feasible")]
struct Config {
    flag: bool,
}

fn main() {}
