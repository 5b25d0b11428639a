use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[allow(dead_code)]
enum Classifier {
    Svc {
        #[search_space(range = 1e-10..=1e10, log)]
        c: f64,
    },
    RandomForest {
        #[search_space(range = 2..=32, log)]
        max_depth: usize,
        #[search_space(choices = [10, 50, 100], default = 50)]
        n_estimators: usize,
    },
}

fn main() {}
