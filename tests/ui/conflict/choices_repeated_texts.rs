use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = ["adam", "sgd", "adam"])]
    number: String,
}

fn main() {}
