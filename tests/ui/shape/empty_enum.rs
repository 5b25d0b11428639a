use hpo_core::SearchSpace;

#[derive(SearchSpace)]
enum Nothing {}

fn main() {}
