//! Parameters that a search keeps at one value.

use serde_json::{Map, Value as Json};

use super::params::{outside, unknown};
use super::{FlatSpace, Params, ParamsError, Value};
use crate::rng::Rng;

/// Parameters of a space that proposals keep at one value, where they are active. The others are
/// searched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FixedParams(Vec<(u32, Value)>);

impl FixedParams {
    /// Reads values by path.
    ///
    /// # Errors
    /// If the space has no such parameter, or a value is outside its domain.
    pub fn new(flat: &FlatSpace, values: &Map<String, Json>) -> Result<Self, ParamsError> {
        let fixed = values.iter().map(|(path, json)| {
            let id = flat.find(path).ok_or_else(|| unknown(flat, path))?;
            let parameter = flat.parameter(id);
            let value = parameter.parse(json);
            Ok((id, value.ok_or_else(|| outside(parameter, json.to_string()))?))
        });
        fixed.collect::<Result<_, _>>().map(Self)
    }

    /// Returns the value of a parameter; `None` if it is searched.
    #[must_use]
    pub fn get(&self, parameter: u32) -> Option<Value> {
        self.0.iter().find(|(id, _)| *id == parameter).map(|(_, value)| *value)
    }

    /// Returns true if all parameters are searched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if a config has the fixed values, where the parameters are active.
    #[must_use]
    pub fn are_kept_by(&self, params: &Params) -> bool {
        self.0.iter().all(|(id, value)| params.value(*id).is_none_or(|own| own == *value))
    }

    /// Returns true if the fixed values make parameters active that the config lacks.
    #[must_use]
    pub fn activate_more_than(&self, params: &Params) -> bool {
        let mut is_more = false;
        let _ = params.flat_space().fill(|id, parameter| {
            let known = self.get(id).or_else(|| params.value(id));
            is_more |= known.is_none();
            known.unwrap_or_else(|| parameter.default_value())
        });
        is_more
    }

    /// Returns the config with the fixed values. Parameters that become active are drawn.
    #[must_use]
    pub fn applied_to(&self, params: Params, rng: &mut Rng) -> Params {
        if self.are_kept_by(&params) {
            return params;
        }
        params.flat_space().fill(|id, parameter| {
            let own = || params.value(id).unwrap_or_else(|| parameter.draw(rng));
            self.get(id).unwrap_or_else(own)
        })
    }
}
