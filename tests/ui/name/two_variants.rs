use hpo_core::SearchSpace;

#[derive(SearchSpace)]
enum Model {
    First,
    #[search_space(rename = "First")]
    Second,
}

fn main() {}
