use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(tag = "a.b")]
enum Model {
    First,
}

fn main() {}
