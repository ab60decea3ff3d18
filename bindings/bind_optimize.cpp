// optimize.hpp
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "interrupt.hpp"
#include "lso/optimize.hpp"
#include "settings.hpp"

namespace lso::bindings {

namespace {
// (rows, cols), or flat where cols is 0: a view of what a result holds, which keeps it alive.
template <class T>
py::array view_of(const py::object& owner, const std::vector<T>& values, std::size_t cols = 0) {
  const std::size_t rows = cols == 0 ? values.size() : values.size() / cols;
  std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(rows)};
  if (cols > 0) shape.push_back(static_cast<py::ssize_t>(cols));
  return Contiguous<T>(std::move(shape), values.data(), owner);
}

template <class T>
std::vector<py::array> views_of(const py::object& owner, const std::vector<std::vector<T>>& all, std::size_t cols = 0) {
  std::vector<py::array> views;
  for (const std::vector<T>& each : all) views.push_back(view_of(owner, each, cols));
  return views;
}

void bind_term_result(py::module_& module) {
  const auto view = [](auto member) {
    return [member](const py::object& self) { return view_of(self, self.cast<const TermResult&>().*member); };
  };
  py::class_<TermResult>(module, "TermResult")
      .def_property_readonly("loss", view(&TermResult::loss))
      .def_property_readonly("mse", view(&TermResult::mse))
      .def_property_readonly("met", view(&TermResult::met));
}

template <class T>
void bind_result(py::module_& module) {
  using Result = OptimizeResult<T>;
  const auto width = [](const Result& result) {
    return result.status.empty() ? 0 : result.latents.size() / result.status.size();
  };
  py::class_<Result>(module, (std::string("OptimizeResult") + precision<T>).c_str())
      .def_property_readonly("latents",
                             [width](const py::object& self) {
                               const Result& result = self.cast<const Result&>();
                               return view_of(self, result.latents, width(result));
                             })
      .def_property_readonly("samples",
                             [](const py::object& self) {
                               const Result& result = self.cast<const Result&>();
                               return view_of(self, result.samples, result.samples.size() / result.status.size());
                             })
      .def_property_readonly("outputs",
                             [](const py::object& self) {
                               const Result& result = self.cast<const Result&>();
                               std::vector<std::optional<py::array>> views;
                               for (const std::vector<T>& each : result.outputs) {
                                 views.emplace_back();
                                 if (!each.empty())
                                   views.back() = view_of(self, each, each.size() / result.status.size());
                               }
                               return views;
                             })
      .def_property_readonly("loss",
                             [](const py::object& self) { return view_of(self, self.cast<const Result&>().loss); })
      .def_property_readonly(
          "iterations", [](const py::object& self) { return view_of(self, self.cast<const Result&>().iterations); })
      .def_property_readonly("status",
                             [](const py::object& self) {
                               std::vector<std::uint8_t> numbers;
                               for (const Status each : self.cast<const Result&>().status) {
                                 numbers.push_back(static_cast<std::uint8_t>(each));
                               }
                               const auto n = static_cast<py::ssize_t>(numbers.size());
                               return adopt(std::move(numbers), {n});
                             })
      .def_property_readonly("trajectory",
                             [width](const py::object& self) {
                               const Result& result = self.cast<const Result&>();
                               return views_of(self, result.trajectory, width(result));
                             })
      .def_property_readonly(
          "trajectory_loss",
          [](const py::object& self) { return views_of(self, self.cast<const Result&>().trajectory_loss); })
      .def_readonly("terms", &Result::terms)
      .def_readonly("interrupted", &Result::interrupted);
}

template <class T>
void bind_evaluate(py::module_& module) {
  using Found = Evaluation<T>;
  const auto view = [](auto member) {
    return [member](const py::object& self) {
      const Found& found = self.cast<const Found&>();
      const auto& values = found.*member;
      return view_of(self, values, values.size() / found.loss.size());
    };
  };
  py::class_<Found>(module, (std::string("Evaluation") + precision<T>).c_str())
      .def_property_readonly("loss",
                             [](const py::object& self) { return view_of(self, self.cast<const Found&>().loss); })
      .def_property_readonly("met", [](const py::object& self) { return view_of(self, self.cast<const Found&>().met); })
      .def_property_readonly("gradient", view(&Found::gradient))
      .def_property_readonly("samples", view(&Found::samples));
  module.def(
      "evaluate",
      [](const Problem<T>& problem, const py::object& x, std::size_t threads) {
        const Held<T> points = rows<T>(x, "x", problem.trunk.n_inputs());
        Found found;
        interruptible([&](StopSignal* stop) { found = evaluate<T>(problem, points.rows, threads, stop); });
        warn_of_overflow<double>({found.loss.data(), found.loss.size(), 1}, "errors");
        return found;
      },
      py::arg("problem"), py::arg("x"), py::arg("threads"));
}

template <class T>
Bounds<T> make_bounds(const py::object& lower, const py::object& upper, std::size_t n_inputs) {
  if (lower.is_none()) return {};
  const auto low = vector<T>(lower, "bounds", n_inputs, Infinite::allowed);
  const auto high = vector<T>(upper, "bounds", n_inputs, Infinite::allowed);
  return {{low.data(), low.data() + n_inputs}, {high.data(), high.data() + n_inputs}};
}

template <class T>
void bind_optimize_function(py::module_& module) {
  module.def(
      "optimize",
      [](const Problem<T>& problem, const py::object& starts, OptimizeSettings settings, const py::object& lower,
         const py::object& upper, const std::optional<py::function>& progress) {
        const Held<T> points = rows<T>(starts, "starts", problem.trunk.n_inputs(), std::nullopt, "n_starts");
        const Bounds<T> bounds = make_bounds<T>(lower, upper, problem.trunk.n_inputs());
        settings.poll = [&](std::size_t finished) {
          const WithGil acquired;
          if (keyboard_interrupt()) return true;
          return progress &&
                 interrupted_by([&] { call_python(*progress, py::make_tuple(finished, points.rows.rows)); });
        };
        const WithoutGil released;
        return optimize<T>(problem, points.rows, bounds, settings);
      },
      py::arg("problem"), py::arg("starts"), py::arg("settings"), py::kw_only(), py::arg("lower"), py::arg("upper"),
      py::arg("progress"));
}
}  // namespace

void bind_optimize(py::module_& module) {
  std::vector<std::string> statuses;
  for (std::size_t i = 0; i < n_statuses; ++i) statuses.emplace_back(name(static_cast<Status>(i)));
  module.attr("statuses") = py::tuple(py::cast(statuses));
  bind_settings<OptimizeSettings>(module, "OptimizeSettings");
  bind_term_result(module);
  bind_result<float>(module);
  bind_result<double>(module);
  bind_evaluate<float>(module);
  bind_evaluate<double>(module);
  bind_optimize_function<float>(module);
  bind_optimize_function<double>(module);
}

}  // namespace lso::bindings
