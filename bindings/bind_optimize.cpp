// optimize.hpp
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "interrupt.hpp"
#include "lso/backprop.hpp"
#include "lso/optimize.hpp"
#include "objective.hpp"

namespace lso::bindings {

namespace {
template <class T>
Bounds<T> make_bounds(const py::object& lower, const py::object& upper, std::size_t n_inputs) {
  if (lower.is_none()) return {};
  const auto low = vector<T>(lower, "bounds", n_inputs);
  const auto high = vector<T>(upper, "bounds", n_inputs);
  return {{low.data(), low.data() + n_inputs}, {high.data(), high.data() + n_inputs}};
}

template <class T>
py::dict to_python(OptimizeResult<T>& result, std::size_t n, std::size_t n_inputs, bool trajectory) {
  std::vector<std::uint8_t> status;
  for (const Status each : result.status) status.push_back(static_cast<std::uint8_t>(each));
  const auto rows = static_cast<py::ssize_t>(n);
  py::dict out;
  out["latents"] = adopt(std::move(result.latents), {rows, static_cast<py::ssize_t>(n_inputs)});
  out["loss"] = adopt(std::move(result.loss), {rows});
  out["iterations"] = adopt(std::move(result.iterations), {rows});
  out["status"] = adopt(std::move(status), {rows});
  out["interrupted"] = result.interrupted;
  if (trajectory) {
    py::list points;
    for (std::vector<T>& each : result.trajectory) {
      const auto count = static_cast<py::ssize_t>(each.size() / n_inputs);
      points.append(adopt(std::move(each), {count, static_cast<py::ssize_t>(n_inputs)}));
    }
    py::list losses;
    for (std::vector<double>& each : result.trajectory_loss) {
      const auto count = static_cast<py::ssize_t>(each.size());
      losses.append(adopt(std::move(each), {count}));
    }
    out["trajectory"] = points;
    out["trajectory_loss"] = losses;
  }
  return out;
}

std::variant<DesiredChange, LevenbergMarquardt> make_optimizer(const std::string& kind, const py::dict& options) {
  if (kind == "levenberg_marquardt") return LevenbergMarquardt{options["damping"].cast<double>()};
  return DesiredChange{options["desired_change"].cast<double>(), options["proportional"].cast<bool>()};
}

template <class T>
void bind_optimize_function(py::module_& module) {
  module.def(
      "optimize",
      [](const Chain<T>& chain, const ObjectiveSpec& spec, const py::object& starts, const std::string& optimizer,
         const py::dict& options, double tolerance, bool mean, std::size_t max_iterations, const py::object& lower,
         const py::object& upper, bool trajectory, std::size_t threads, const std::optional<py::function>& progress) {
        const Held<T> points = rows<T>(starts, "starts", chain.n_inputs(), std::nullopt, "n_starts");
        const HeldObjective<T> held = hold<T>(spec, chain.n_outputs(), points.rows.rows);
        const Bounds<T> bounds = make_bounds<T>(lower, upper, chain.n_inputs());
        OptimizeSettings settings{
            make_optimizer(optimizer, options), {tolerance, mean}, max_iterations, trajectory, threads, nullptr};
        settings.poll = [&](std::size_t finished) {
          const WithGil acquired;
          if (keyboard_interrupt()) return true;
          return progress &&
                 interrupted_by([&] { call_python(*progress, py::make_tuple(finished, points.rows.rows)); });
        };
        OptimizeResult<T> result;
        {
          const WithoutGil released;
          result = optimize<T>(chain, held.objective, points.rows, bounds, settings);
        }
        return to_python(result, points.rows.rows, chain.n_inputs(), trajectory);
      },
      py::arg("chain"), py::arg("objective"), py::arg("starts"), py::kw_only(), py::arg("optimizer"),
      py::arg("options"), py::arg("tolerance"), py::arg("mean"), py::arg("max_iterations"), py::arg("lower"),
      py::arg("upper"), py::arg("trajectory"), py::arg("threads"), py::arg("progress"));
}
}  // namespace

void bind_optimize(py::module_& module) {
  std::vector<std::string> statuses;
  for (const Status status :
       {Status::converged, Status::max_iterations, Status::stationary, Status::diverged, Status::interrupted}) {
    statuses.emplace_back(name(status));
  }
  module.attr("statuses") = py::tuple(py::cast(statuses));
  const OptimizeSettings defaults;
  module.attr("DEFAULT_MSE") = defaults.tolerance.value;
  module.attr("DEFAULT_MAX_ITERATIONS") = defaults.max_iterations;
  module.attr("DEFAULT_DESIRED_CHANGE") = DesiredChange{}.value;
  module.attr("DEFAULT_DAMPING") = LevenbergMarquardt{}.damping;
  bind_optimize_function<float>(module);
  bind_optimize_function<double>(module);
}

}  // namespace lso::bindings
