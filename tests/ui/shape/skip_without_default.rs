use hpo_core::SearchSpace;

enum Kernel { Rbf }
#[derive(SearchSpace)]
struct Config {
    #[search_space(skip)]
    number: Kernel,
}

fn main() {}
