//! A search that is taken up: with the same table it goes on, with another one it is refused. And
//! tables of any layout.

use hpo_core::trial::State;
use hpo_linfa::encode::Encoding;
use hpo_linfa::estimator::{GaussianNb, NearestNeighbours};
use hpo_linfa::{ClassifierSearch, Metric};
use linfa::Dataset;
use ndarray::{Array2, ShapeBuilder};

fn search(path: &std::path::Path) -> ClassifierSearch<GaussianNb> {
    let url = format!("journal:{}", path.display());
    ClassifierSearch::<GaussianNb>::over()
        .trials(3)
        .seed(1)
        .study(move |study| study.storage(url).name("nb"))
}

#[test]
fn another_table_splits_or_metric_is_refused() {
    let folder = std::env::temp_dir().join(format!("hpo-linfa-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.journal");
    let iris = linfa_datasets::iris();
    search(&path).run(&iris).unwrap();
    assert_eq!(search(&path).trials(4).run(&iris).unwrap().study().trials().unwrap().len(), 4);
    let error_text = |result: Result<hpo_linfa::BestClassifier<GaussianNb>, hpo_linfa::Error>| {
        result.unwrap_err().to_string()
    };
    let wine = linfa_datasets::winequality();
    assert_eq!(
        error_text(search(&path).run(&wine)),
        "the study `nb` is a search with another table: choose another name, or another storage"
    );
    assert!(error_text(search(&path).folds(3).run(&iris)).contains("another splits"));
    assert!(error_text(search(&path).metric(Metric::F1).run(&iris)).contains("another metric"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn neighbours_take_tables_of_any_layout_and_encoded_ones() {
    let iris = linfa_datasets::iris();
    let (rows, columns) = iris.records.dim();
    let by_column = Array2::from_shape_fn((rows, columns).f(), |place| iris.records[place]);
    let table = Dataset::new(by_column, iris.targets.clone());
    for encoding in [Encoding::OneHot, Encoding::Ordinal] {
        let search = ClassifierSearch::<NearestNeighbours>::over()
            .trials(5)
            .seed(1)
            .categorical([3], encoding);
        let best = search.run(&table).unwrap();
        assert!(best.study().trials().unwrap().iter().all(|trial| trial.state != State::Failed));
        assert_eq!(best.predict(&table.records).len(), rows);
    }
}
