use hpo_core::SearchSpace;

type Rate = f64;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=1)]
    number: Rate,
}

fn main() {}
