use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(rename_all = "camelCase")]
struct Config(bool);

fn main() {}
