use hpo_core::SearchSpace;

struct Inner<T>(T);

#[derive(SearchSpace)]
struct Config<T, const N: usize> {
    part: T,
    plain: Inner<T>,
    optional: Option<Inner<T>>,
    array: [Box<Inner<T>>; N],
}

fn main() {}
