use hpo_core::SearchSpace;

#[derive(Clone, PartialEq)]
enum Kernel { Rbf, Linear }
#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [Kernel::Rbf], default = Kernel::Linear)]
    number: Kernel,
}

fn main() {}
