use hpo_core::SearchSpace;

type Rate = f64;
#[derive(SearchSpace)]
struct Config {
    rate: Rate,
}

fn main() {}
