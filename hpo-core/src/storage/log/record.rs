//! One line of a log, parsed by serde.
//!
//! This parser accepts any JSON that means a record: any order of keys, any spaces, Python's `NaN`.
//! Most lines have the spelling of this library and Optuna; `fast_parse` reads those, faster.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use crate::storage::optuna::{self, JsonNumber};
use crate::trial::{AttributeScope, Direction, State, Timestamp};

/// A record and the worker that wrote it.
#[derive(Debug)]
pub(in crate::storage) struct Record<'a> {
    pub(in crate::storage) worker: Cow<'a, str>,
    pub(in crate::storage) change: Change<'a>,
}

/// The change that a record makes. Studies and trials have their numbers in the whole storage.
#[derive(Debug)]
pub(in crate::storage) enum Change<'a> {
    CreateStudy {
        name: String,
        directions: Vec<Direction>,
    },
    DeleteStudy {
        study: u64,
    },
    StudyAttributes {
        study: u64,
        scope: AttributeScope,
        attributes: Map<String, Json>,
    },
    CreateTrial {
        study: u64,
        /// The number in the whole storage, if it is not the next one.
        #[cfg_attr(
            not(any(feature = "sqlite", feature = "postgres")),
            allow(dead_code, reason = "databases say it")
        )]
        id: Option<u64>,
        started: Option<Timestamp>,
        template: Option<Box<TrialTemplate<'a>>>,
    },
    Param {
        trial: u64,
        name: Cow<'a, str>,
        value: JsonNumber,
        /// The JSON string as written in the line, quotes and escapes included; empty if it equals
        /// the last one read for this name.
        distribution: &'a str,
    },
    State {
        trial: u64,
        state: State,
        values: Option<Vec<f64>>,
        at: Option<Timestamp>,
    },
    Report {
        trial: u64,
        step: i64,
        value: f64,
    },
    Seen {
        trial: u64,
        seen: u64,
    },
    Explained {
        trial: u64,
        explanation: Cow<'a, str>,
    },
    TrialAttributes {
        trial: u64,
        scope: AttributeScope,
        attributes: Map<String, Json>,
    },
    /// A known record that this library ignores.
    Nothing,
}

impl Change<'_> {
    /// Returns the trial that is changed, by its number in the whole storage; `None` for a change
    /// of a study.
    pub(in crate::storage) fn trial(&self) -> Option<u64> {
        match self {
            Change::Param { trial, .. }
            | Change::State { trial, .. }
            | Change::Report { trial, .. }
            | Change::Seen { trial, .. }
            | Change::Explained { trial, .. }
            | Change::TrialAttributes { trial, .. } => Some(*trial),
            _ => None,
        }
    }
}

/// The contents of a trial that is created with more than a number.
#[derive(Debug)]
pub(in crate::storage) struct TrialTemplate<'a> {
    pub(in crate::storage) state: State,
    /// Name, value, and distribution as in [`Change::Param`], where it may be left out.
    pub(in crate::storage) params: Vec<(String, JsonNumber, &'a str)>,
    pub(in crate::storage) values: Vec<f64>,
    pub(in crate::storage) reports: Vec<(i64, f64)>,
    pub(in crate::storage) user: Map<String, Json>,
    pub(in crate::storage) system: Map<String, Json>,
    pub(in crate::storage) ended: Option<Timestamp>,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl TrialTemplate<'_> {
    /// Creates a template with only a state.
    pub(in crate::storage) fn new(state: State) -> Self {
        Self {
            state,
            params: Vec::new(),
            values: Vec::new(),
            reports: Vec::new(),
            user: Map::new(),
            system: Map::new(),
            ended: None,
        }
    }
}

/// The fields of all kinds of records.
#[derive(serde::Deserialize)]
struct Fields<'a> {
    op_code: u64,
    #[serde(borrow, default)]
    worker_id: Cow<'a, str>,
    study_id: Option<u64>,
    trial_id: Option<u64>,
    study_name: Option<String>,
    directions: Option<Vec<u8>>,
    user_attr: Option<Map<String, Json>>,
    system_attr: Option<Map<String, Json>>,
    user_attrs: Option<Map<String, Json>>,
    system_attrs: Option<Map<String, Json>>,
    datetime_start: Option<String>,
    datetime_complete: Option<String>,
    state: Option<u64>,
    #[serde(rename = "hpo:paused", default)]
    paused: bool,
    value: Option<JsonNumber>,
    values: Option<Vec<JsonNumber>>,
    param_name: Option<String>,
    param_value_internal: Option<JsonNumber>,
    #[serde(borrow)]
    distribution: Option<&'a RawValue>,
    #[serde(borrow)]
    distributions: Option<Pairs<&'a RawValue>>,
    params: Option<Pairs<JsonNumber>>,
    intermediate_values: Option<Pairs<JsonNumber>>,
    step: Option<i64>,
    // This is not an `Option`, because null means NaN here.
    #[serde(default = "not_a_number")]
    intermediate_value: JsonNumber,
}

fn not_a_number() -> JsonNumber {
    JsonNumber::Real(f64::NAN)
}

impl<'a> Record<'a> {
    /// Parses a line of strict JSON.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub(in crate::storage) fn read(text: &'a str) -> Result<Self, String> {
        let fields: Fields<'a> =
            serde_json::from_str(text).map_err(|error| format!("not a record: {error}"))?;
        let worker = fields.worker_id.clone();
        let code = fields.op_code;
        let change = fields
            .change()
            .map_err(|key| format!("a record of op_code {code} needs a valid `{key}`"))?;
        Ok(Record { worker, change })
    }
}

impl<'a> Fields<'a> {
    /// Returns the change, or the name of the field that is missing or wrong.
    fn change(self) -> Result<Change<'a>, &'static str> {
        match self.op_code {
            0 => self.create_study(),
            1 => Ok(Change::DeleteStudy { study: self.study()? }),
            2 | 3 => {
                let study = self.study()?;
                let (scope, attributes) = self.attributes(2)?;
                Ok(Change::StudyAttributes { study, scope, attributes })
            }
            4 => self.create_trial(),
            5 => self.param(),
            6 => self.state_change(),
            7 => Ok(Change::Report {
                trial: self.trial()?,
                step: self.step.ok_or("step")?,
                value: self.intermediate_value.real(),
            }),
            8 | 9 => {
                let trial = self.trial()?;
                let (scope, attributes) = self.attributes(8)?;
                Ok(Change::TrialAttributes { trial, scope, attributes })
            }
            // Rustuna's hint that old trials may be forgotten. Optuna ignores it too.
            10 => Ok(Change::Nothing),
            _ => Err("op_code"),
        }
    }

    fn study(&self) -> Result<u64, &'static str> {
        self.study_id.ok_or("study_id")
    }

    fn trial(&self) -> Result<u64, &'static str> {
        self.trial_id.ok_or("trial_id")
    }

    fn attributes(self, user: u64) -> Result<(AttributeScope, Map<String, Json>), &'static str> {
        if self.op_code == user {
            Ok((AttributeScope::User, self.user_attr.ok_or("user_attr")?))
        } else {
            Ok((AttributeScope::System, self.system_attr.ok_or("system_attr")?))
        }
    }

    fn create_study(self) -> Result<Change<'a>, &'static str> {
        let codes = self.directions.ok_or("directions")?;
        let directions = codes.iter().map(|code| match code {
            2 => Direction::Maximize,
            _ => Direction::Minimize,
        });
        Ok(Change::CreateStudy {
            name: self.study_name.ok_or("study_name")?,
            directions: directions.collect(),
        })
    }

    fn create_trial(self) -> Result<Change<'a>, &'static str> {
        let (study, id) = (self.study()?, self.trial_id);
        let started = moment(self.datetime_start.as_deref(), "datetime_start")?;
        let template = match self.state {
            Some(code) => Some(Box::new(self.template(code)?)),
            None => None,
        };
        Ok(Change::CreateTrial { study, id, started, template })
    }

    fn template(self, code: u64) -> Result<TrialTemplate<'a>, &'static str> {
        let distributions = self.distributions.map_or_else(Vec::new, |pairs| pairs.0);
        let find = |name: &str| distributions.iter().find(|(known, _)| known == name);
        let mut params = Vec::new();
        for (name, value) in self.params.map_or_else(Vec::new, |pairs| pairs.0) {
            let distribution = find(&name).map_or("", |(_, distribution)| distribution.get());
            params.push((name, value, distribution));
        }
        let reports = self.intermediate_values.map_or_else(Vec::new, |pairs| pairs.0);
        let reports = reports
            .into_iter()
            .map(|(step, value)| Some((step.parse().ok()?, value.real())))
            .collect::<Option<_>>();
        Ok(TrialTemplate {
            state: optuna::state(code).ok_or("state")?,
            params,
            values: match (self.values, self.value) {
                (Some(values), _) => values.into_iter().map(JsonNumber::real).collect(),
                (None, value) => value.into_iter().map(JsonNumber::real).collect(),
            },
            reports: reports.ok_or("intermediate_values")?,
            user: self.user_attrs.unwrap_or_default(),
            system: self.system_attrs.unwrap_or_default(),
            ended: moment(self.datetime_complete.as_deref(), "datetime_complete")?,
        })
    }

    fn param(self) -> Result<Change<'a>, &'static str> {
        Ok(Change::Param {
            trial: self.trial()?,
            name: Cow::Owned(self.param_name.ok_or("param_name")?),
            value: self.param_value_internal.ok_or("param_value_internal")?,
            distribution: self.distribution.map_or("", RawValue::get),
        })
    }

    fn state_change(self) -> Result<Change<'a>, &'static str> {
        let at = self.datetime_complete.or(self.datetime_start.clone());
        let state = self.state.and_then(optuna::state).ok_or("state")?;
        Ok(Change::State {
            trial: self.trial_id.ok_or("trial_id")?,
            state: if self.paused && state == State::Waiting { State::Paused } else { state },
            values: self.values.map(|values| values.into_iter().map(JsonNumber::real).collect()),
            at: moment(at.as_deref(), "datetime_complete")?,
        })
    }
}

fn moment(text: Option<&str>, key: &'static str) -> Result<Option<Timestamp>, &'static str> {
    text.map(|text| Timestamp::parse(text).ok_or(key)).transpose()
}

/// The entries of an object in their order, which a map would lose.
struct Pairs<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}
