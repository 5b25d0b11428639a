use hpo_core::SearchSpace;

#[derive(Clone)]
enum Kernel { Rbf }
#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [Kernel::Rbf])]
    number: Kernel,
}

fn main() {}
