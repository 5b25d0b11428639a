use std::num::NonZeroU32;

use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Texts {
    #[search_space(choices = [1, 2])]
    size: String,
    #[search_space(choices = ["a", 'b', -0.5, true])]
    mixed: &'static str,
    #[search_space(choices = ["a", 2])]
    optional: Option<String>,
    #[search_space(choices = [1, "b"], len = 1..=3)]
    list: Vec<String>,
}

#[derive(SearchSpace)]
struct Letters {
    #[search_space(choices = ['a', "b", "long", 3])]
    letter: char,
}

#[derive(SearchSpace)]
struct Flags {
    #[search_space(choices = [true, 0])]
    flag: bool,
    #[search_space(default = "true")]
    guess: bool,
}

#[derive(SearchSpace)]
struct Numbers {
    #[search_space(choices = ["1", 2])]
    int: u32,
    #[search_space(choices = [1.0, 2, 'c'])]
    float: f64,
    #[search_space(choices = [1, 2])]
    nonzero: NonZeroU32,
}

fn main() {}
