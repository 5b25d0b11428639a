//! The state of a training as bytes: weights, optimizer, the best weights so far, and the history.
//!
//! Random numbers need no state: those of an epoch follow from the seed and the epoch.

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;

use crate::error::Error;
use crate::fit::{Best, Fit};

/// The first bytes, with the version of the format.
const FORMAT: &[u8; 11] = b"hpo-burn 1\n";

/// Writes the state after an epoch.
pub(crate) fn write<M: Module>(fit: &Fit<M>) -> Result<Vec<u8>, Error> {
    let mut bytes = FORMAT.to_vec();
    push(&mut bytes, &weights(&fit.model)?);
    push(&mut bytes, &fit.optimizer.into_bytes()?);
    push(&mut bytes, &fit.best.epoch.to_le_bytes());
    push(&mut bytes, &fit.best.value.to_le_bytes());
    // The best weights are usually those of the last epoch: they are not written twice.
    let is_last = fit.best.epoch == fit.history.len() as u64;
    push(&mut bytes, &if is_last { Vec::new() } else { weights(&fit.best.model)? });
    let history = fit.history.iter().flatten().flat_map(|value| value.to_le_bytes());
    push(&mut bytes, &history.collect::<Vec<_>>());
    Ok(bytes)
}

/// Continues a fresh training of the same network from the state after `epoch`.
pub(crate) fn read<M: Module>(fit: Fit<M>, epoch: u64, bytes: &[u8]) -> Result<Fit<M>, Error> {
    let mut rest = bytes.strip_prefix(FORMAT).ok_or_else(|| other("it has another format"))?;
    let parts: [&[u8]; 6] = [(); 6].map(|()| take(&mut rest).unwrap_or_default());
    let [last, optimizer, best_epoch, value, best, history] = parts;
    let history = read_history(history, epoch, fit.history_width)?;
    // Clones share the running statistics of a `BatchNorm`: `valid` takes them apart.
    let best_model =
        if best.is_empty() { None } else { Some(with_weights(fit.model.clone(), best)?.valid()) };
    let model = with_weights(fit.model.clone(), last)?;
    let optimizer = read_optimizer(fit.optimizer, optimizer)?;
    let number = |bytes: &[u8]| bytes.try_into().map_err(|_| other("it is cut short"));
    let best = Best {
        epoch: u64::from_le_bytes(number(best_epoch)?),
        value: f64::from_le_bytes(number(value)?),
        model: best_model.unwrap_or_else(|| model.valid()),
    };
    Ok(Fit { model, optimizer, best, history, ..fit })
}

/// Returns the best epoch of a state, and its weights in the given model.
pub(crate) fn read_best<M: Module>(model: M, bytes: &[u8]) -> Result<(u64, M), Error> {
    let mut rest = bytes.strip_prefix(FORMAT).ok_or_else(|| other("it has another format"))?;
    let parts: [&[u8]; 5] = [(); 5].map(|()| take(&mut rest).unwrap_or_default());
    let [last, _, epoch, _, best] = parts;
    let model = with_weights(model, if best.is_empty() { last } else { best })?.valid();
    let epoch = epoch.try_into().map_err(|_| other("it is cut short"))?;
    Ok((u64::from_le_bytes(epoch), model))
}

fn weights<M: Module>(model: &M) -> Result<Vec<u8>, Error> {
    Ok(model.clone().into_record().into_bytes()?.to_vec())
}

fn with_weights<M: Module>(model: M, bytes: &[u8]) -> Result<M, Error> {
    let read = || {
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes.to_vec()))?;
        model.try_load_record(record)
    };
    read().map_err(|error| other(&error.to_string()))
}

fn read_optimizer(optimizer: ModuleOptimizer, bytes: &[u8]) -> Result<ModuleOptimizer, Error> {
    let read = optimizer.from_bytes(Bytes::from_bytes_vec(bytes.to_vec()));
    read.map_err(|error| other(&error.to_string()))
}

fn read_history(bytes: &[u8], epochs: u64, width: usize) -> Result<Vec<Vec<f64>>, Error> {
    let (numbers, rest) = bytes.as_chunks();
    if !rest.is_empty() || numbers.len() as u64 != epochs.saturating_mul(width as u64) {
        return Err(other("it has other metrics"));
    }
    let numbers: Vec<f64> = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    Ok(numbers.chunks(width).map(<[f64]>::to_vec).collect())
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
    bytes.extend_from_slice(part);
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (part, after) = after.split_at_checked(u64::from_le_bytes(*length) as usize)?;
    *rest = after;
    Some(part)
}

fn other(message: &str) -> Error {
    Error::Checkpoint { message: message.to_owned() }
}
