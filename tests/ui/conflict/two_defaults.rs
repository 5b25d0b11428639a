use hpo_core::SearchSpace;

#[derive(SearchSpace)]
enum Optimizer {
    #[search_space(default)]
    Adam,
    #[search_space(default)]
    Sgd,
}

fn main() {}
