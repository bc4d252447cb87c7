package golang_test
import ("testing";"context";"os";"path/filepath";"github.com/parlance-dev/parlance/generator";. "github.com/parlance-dev/parlance/generator/emit/golang")
func TestZZ(t *testing.T){
 for _,x:=range [][2]string{{"../../../asyncapi/asyncapi.yaml","../../../internal/gen/events"},{"internal/golden/asyncapi.yaml","internal/golden"}}{
 v,err:=generator.Validate(context.Background(),x[0]); if err!=nil{t.Fatal(err)}
 f,err:=Emit(v.Contract,Options{Package:filepath.Base(x[1])}); if err!=nil{t.Fatal(err)}
 os.MkdirAll(x[1],0o755)
 for n,b:=range f{os.WriteFile(filepath.Join(x[1],n),b,0o644)}
 }
}
