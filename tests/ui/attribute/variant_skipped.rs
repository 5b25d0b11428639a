use hpo_core::SearchSpace;

#[derive(SearchSpace)]
enum Optimizer {
    #[search_space(skip)]
    Adam,
}

fn main() {}
