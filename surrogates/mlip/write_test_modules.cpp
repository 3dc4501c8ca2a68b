/// Writes TorchScript modules whose energies can be worked out by hand into the folder given.
#include <caffe2/serialize/inline_container.h>
#include <torch/script.h>

#include <iostream>

namespace {

using torch::jit::Module;

/// What all modules share: E = sum over directed edges of strength/2 (1 - (r/r_max)^2)^3, smooth at the cutoff, and its
/// derivatives with respect to positions and strain.
constexpr char const* common_source = R"(
def pairs(self, v: Tensor) -> Tensor:
    u = 1.0 - (v * v).sum(1) / (self.r_max * self.r_max)
    return 0.5 * self.strength * u * u * u

def derivatives(self, total: Tensor, x: Tensor, eps: Tensor) -> Tuple[Tensor, Tensor]:
    seed: List[Optional[Tensor]] = [torch.ones_like(total)]
    g = torch.autograd.grad([total], [x, eps], seed)
    gx = g[0]
    ge = g[1]
    assert gx is not None
    assert ge is not None
    return gx, ge
)";

/// Forces by the module itself.
constexpr char const* forward_source = R"(
def forward(self, data: Dict[str, Tensor]) -> Dict[str, Tensor]:
    x = data["positions"].detach().requires_grad_(True)
    cell = data["cell"]
    i = data["edge_index"][1]
    j = data["edge_index"][0]
    eps = torch.zeros([3, 3], dtype=x.dtype).requires_grad_(True)
    v = x[j] - x[i] + torch.matmul(data["unit_shifts"], cell)
    pair = self.pairs(v + torch.matmul(v, 0.5 * (eps + eps.t())))
    node = torch.zeros([x.size(0)], dtype=x.dtype).index_add(0, i, pair)
    total = node.sum()
    gx, ge = self.derivatives(total, x, eps)
    volume = torch.abs(torch.det(cell))
    return {"energy": total.detach(), "node_energy": node.detach(), "forces": -gx, "stress": ge / volume}
)";

/// The same energy as a function of the edge vectors.
constexpr char const* edges_source = R"(
def energy_from_edges(self, z: Tensor, edge_index: Tensor, v: Tensor) -> Tensor:
    return torch.zeros([z.size(0)], dtype=v.dtype).index_add(0, edge_index[1], self.pairs(v))
)";

/// With a factor for each element, by atomic number: what the modules of other interfaces give as well.
constexpr char const* species_source = R"(
def energy_from_edges(self, z: Tensor, edge_index: Tensor, v: Tensor) -> Tensor:
    f = self.factor[self.z_table[z]]
    pair = self.pairs(v) * f[edge_index[0]] * f[edge_index[1]]
    return torch.zeros([z.size(0)], dtype=v.dtype).index_add(0, edge_index[1], pair)
)";

/// The interface of MACE exported for LAMMPS: row 0 of edge_index is the centre, one-hot elements.
constexpr char const* mace_source = R"(
def forward(self, data: Dict[str, Tensor], local_or_ghost: Tensor, compute_virials: bool) -> Dict[str, Optional[Tensor]]:
    x = data["positions"].detach().requires_grad_(True)
    i = data["edge_index"][0]
    j = data["edge_index"][1]
    eps = torch.zeros([3, 3], dtype=x.dtype).requires_grad_(True)
    v = x[j] - x[i] + data["shifts"]
    pair = self.pairs(v + torch.matmul(v, 0.5 * (eps + eps.t())))
    f = torch.matmul(data["node_attrs"], self.factor)
    node = torch.zeros([x.size(0)], dtype=x.dtype).index_add(0, i, pair * f[i] * f[j])
    total = node[local_or_ghost].sum()
    gx, ge = self.derivatives(total, x, eps)
    virials: Optional[Tensor] = None
    if compute_virials:
        virials = -ge.unsqueeze(0)
    return {"total_energy_local": total.detach().unsqueeze(0), "node_energy": node.detach(), "forces": -gx, "virials": virials}
)";

/// That of NequIP as it is deployed.
constexpr char const* nequip_source = R"(
def forward(self, data: Dict[str, Tensor]) -> Dict[str, Tensor]:
    x = data["pos"].detach().requires_grad_(True)
    i = data["edge_index"][0]
    j = data["edge_index"][1]
    eps = torch.zeros([3, 3], dtype=x.dtype).requires_grad_(True)
    v = x[j] - x[i] + torch.matmul(data["edge_cell_shift"], data["cell"][0])
    pair = self.pairs(v + torch.matmul(v, 0.5 * (eps + eps.t())))
    f = self.factor[data["atom_types"]]
    node = torch.zeros([x.size(0)], dtype=x.dtype).index_add(0, i, pair * f[i] * f[j])
    total = node.sum()
    gx, ge = self.derivatives(total, x, eps)
    return {"atomic_energy": node.detach().unsqueeze(1), "total_energy": total.detach().reshape(1, 1), "forces": -gx, "virial": -ge.unsqueeze(0)}
)";

/// That of SevenNet: the caller differentiates with respect to the edge vectors.
constexpr char const* sevennet_source = R"(
def forward(self, data: Dict[str, Tensor]) -> Dict[str, Tensor]:
    v = data["edge_vec"]
    i = data["edge_index"][0]
    j = data["edge_index"][1]
    f = self.factor[data["x"]]
    node = torch.zeros([data["x"].size(0)], dtype=v.dtype).index_add(0, i, self.pairs(v) * f[i] * f[j])
    count = int(data["nlocal"][0].item())
    return {"atomic_energy": node.unsqueeze(1), "inferred_total_energy": node[:count].sum()}
)";

Module make(std::string const& name, at::ScalarType type) {
  Module module(name);
  module.register_parameter("strength", at::full({}, 0.8, type), false);
  module.register_buffer("r_max", at::full({}, 4.5, at::kDouble));
  auto table = at::full({120}, -1, at::kLong);
  table[8] = 0;
  table[12] = 1;
  module.register_buffer("z_table", table);
  module.define(common_source);
  return module;
}

/// Modules of the other interfaces: Mg has twice the factor of O, and the elements stand in this order.
void write_interfaces(std::string const& folder) {
  auto const with_factor = [](char const* name, at::ScalarType type) {
    auto module = make(name, type);
    module.register_parameter("factor", at::tensor({2.0, 1.0}, at::TensorOptions().dtype(type)), false);
    return module;
  };
  auto species = make("Species", at::kDouble);
  species.register_parameter("factor", at::tensor({1.0, 2.0}, at::TensorOptions().dtype(at::kDouble)), false);
  species.define(species_source);
  species.save(folder + "/species.pt");
  auto oxides = make("Oxides", at::kDouble);  // of Ce and Zr, for a campaign
  auto table = at::full({120}, -1, at::kLong);
  for (int z : {8, 40, 58}) table[z] = z == 8 ? 0 : 1;
  oxides.setattr("z_table", table);
  oxides.register_parameter("factor", at::tensor({0.1, 0.2}, at::TensorOptions().dtype(at::kDouble)), false);
  oxides.define(species_source);
  oxides.save(folder + "/oxides.pt");

  Module mace("Mace");  // no z_table: a mark of the dictionary interface
  mace.register_parameter("strength", at::full({}, 0.8, at::kDouble), false);
  mace.register_parameter("factor", at::tensor({2.0, 1.0}, at::TensorOptions().dtype(at::kDouble)), false);
  mace.register_buffer("r_max", at::full({}, 4.5, at::kDouble));
  mace.define(common_source);
  mace.register_buffer("atomic_numbers", at::tensor({12, 8}, at::TensorOptions().dtype(at::kLong)));
  mace.register_buffer("num_interactions", at::full({}, 1, at::kLong));
  mace.define(mace_source);
  mace.save(folder + "/mace.pt");

  auto nequip = with_factor("Nequip", at::kDouble);
  nequip.define(nequip_source);
  nequip.save(folder + "/nequip.pth", {{"r_max", "4.5"}, {"type_names", "Mg O"}, {"num_types", "2"}});

  auto sevennet = with_factor("SevenNet", at::kDouble);
  sevennet.define(sevennet_source);
  sevennet.save(folder + "/sevennet.pt",
                {{"cutoff", "4.5"}, {"chemical_symbols_to_index", "Mg O"}, {"model_type", "E3_equivariant_model"}});
  sevennet.save(folder + "/bad_symbols.pt", {{"cutoff", "4.5"}, {"chemical_symbols_to_index", "Mg Ox"}});
}

void write_all(std::string const& folder) {
  auto forward = make("ForwardOnly", at::kDouble);
  forward.define(forward_source);
  forward.save(folder + "/forward.pt");

  auto edges = make("EdgesOnly", at::kDouble);
  edges.define(edges_source);
  edges.save(folder + "/edges.pt");

  auto single = make("EdgesSingle", at::kFloat);
  single.define(edges_source);
  single.save(folder + "/edges_single.pt");

  write_interfaces(folder);

  auto mute = make("Mute", at::kDouble);
  mute.define(
      "def forward(self, data: Dict[str, Tensor]) -> Dict[str, Tensor]:\n    return {'energy': data['cell'].sum()}\n");
  mute.save(folder + "/no_forces.pt");

  auto raising = make("Raising", at::kDouble);
  raising.define(
      "def energy_from_edges(self, z: Tensor, e: Tensor, v: Tensor) -> Tensor:\n    assert v.size(0) < 0, "
      "'too many edges'\n    return v.sum(1)\n");
  raising.save(folder + "/raising.pt");

  Module bare("NoCutoff");
  bare.define("def forward(self, x: Tensor) -> Tensor:\n    return x\n");
  bare.save(folder + "/no_cutoff.pt");

  caffe2::serialize::PyTorchStreamWriter later(folder + "/later.pt");
  later.setMinVersion(999);
  later.writeRecord("constants.pkl", "", 0);
  later.writeRecord("data.pkl", "", 0);
  later.writeEndOfFile();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_test_modules FOLDER\n";
    return 2;
  }
  write_all(argv[1]);
}
