use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(rename_all = "camelCase")]
struct Config {
    a_b: bool,
    aB: bool,
}

fn main() {}
