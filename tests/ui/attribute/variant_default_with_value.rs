use hpo_core::SearchSpace;

#[derive(SearchSpace)]
enum Optimizer {
    #[search_space(default = true)]
    Adam,
}

fn main() {}
