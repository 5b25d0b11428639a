use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(tag = "First")]
enum Model {
    First,
    Second,
}

fn main() {}
